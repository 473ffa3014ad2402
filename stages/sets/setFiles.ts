import { stat } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { FolderParams, manifestOfFolder, stampFolder } from "../sources/folderFiles.ts"
import { located } from "../sources/paths.ts"
import { Manifest } from "../tables.ts"

const Params = Schema.Struct({
  ...FolderParams.fields,
  /** The folder of the images below `dir`. */
  under: Schema.String,
  /** What the set is called, and where it is published. */
  title: Schema.NonEmptyString,
  published: Schema.NonEmptyString,
  /** Files and folders that lie in `dir`. */
  needs: Schema.Array(Schema.NonEmptyString),
  /** How many images are published, where all of them have to be there. */
  images: Schema.optionalKey(Schema.Int),
})
type Params = typeof Params.Type

const folderOf = ({ dir, extensions, follow, under }: Params): FolderParams => ({
  dir: under === "" ? dir : join(dir, under),
  extensions,
  follow,
})

const missing = (path: string) =>
  Effect.promise(() =>
    stat(path).then(
      () => false,
      () => true,
    ),
  )

const check = Effect.fnUntraced(function* (params: Params) {
  const { needs, published, title, under } = params
  const dir = yield* located(params.dir)
  const wanted = [...(under === "" ? [] : [under]), ...needs]
  const absent = (yield* missing(dir))
    ? []
    : yield* Effect.filter(wanted, (name) => missing(join(dir, name)), { concurrency: 4 })
  if ((yield* missing(dir)) || absent.length > 0) {
    return yield* new StageError({
      message:
        absent.length > 0
          ? `this is not the folder of ${title}: ${absent.map((name) => JSON.stringify(name)).join(", ")} ${absent.length === 1 ? "is" : "are"} missing`
          : `no such folder, where ${title} is looked for`,
      hint: published,
      file: dir,
    })
  }
})

/** What is wrong with the images of a set, with the place where it is published. */
const saying = ({ published, title }: Params) =>
  Effect.mapError((error: StageError) =>
    error.message === "there are no images in this folder"
      ? new StageError({ ...error, message: `there are no images of ${title} in this folder`, hint: published })
      : error,
  )

/**
 * The images of a set that has a name, below its folder (see `files` for ids and
 * links). What is missing of the folder is one error that says where the set is
 * published, and so is another number of images than are published.
 */
export const setFiles = whole("setFiles", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Manifest,
  stamp: (params) =>
    Effect.andThen(
      check(params),
      Effect.suspend(() => stampFolder(folderOf(params))),
    ).pipe(saying(params)),
  run: Effect.fnUntraced(function* (_, params: Params) {
    yield* check(params)
    const batches = yield* saying(params)(manifestOfFolder(folderOf(params)))
    const { dir, images, published, title } = params
    if (images === undefined) return batches
    return Stream.suspend(() => {
      let count = 0
      const told = Stream.suspend(() => {
        if (count === images) return Stream.empty
        const message = `there are ${count} images here, and ${title} has ${images}`
        const hint = `${published}; give \`partial: true\` where a part of it is meant`
        return Stream.fail(new StageError({ message, hint, file: dir }))
      })
      const counted = Stream.tap(batches, ({ id }) => Effect.sync(() => (count += id.length)))
      return Stream.concat(counted, told)
    })
  }),
  label: ({ title }) => title,
})
