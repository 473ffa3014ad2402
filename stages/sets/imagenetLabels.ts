import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { located, unreadable } from "../sources/paths.ts"
import { stampFiles } from "../sources/packed.ts"
import { Labels, Manifest } from "../tables.ts"
import { matFile } from "./MatFile.ts"

const Params = Schema.Struct({
  /** The folder `ILSVRC2012_devkit_t12`. */
  devkit: Schema.NonEmptyString,
})
type Params = typeof Params.Type

const truthOf = (devkit: string) => join(devkit, "data", "ILSVRC2012_validation_ground_truth.txt")
const metaOf = (devkit: string) => join(devkit, "data", "meta.mat")

const classes = 1000

/** The wnids of the 1000 classes by the number that the devkit gives them, from 1. */
const wnidsIn = (bytes: Uint8Array): ReadonlyArray<string> => {
  const synsets = matFile(bytes).get("synsets")
  if (!(synsets instanceof Map)) throw new Error("it has no synsets")
  const numbers: ReadonlyArray<unknown> = synsets.get("ILSVRC2012_ID") ?? []
  const names: ReadonlyArray<unknown> = synsets.get("WNID") ?? []
  const wnids: Array<string> = []
  for (const [i, number] of numbers.entries()) {
    const id: unknown = Array.isArray(number) ? number[0] : undefined
    const wnid = names[i]
    // Numbers above are of synsets that have classes below them.
    if (typeof id === "number" && id >= 1 && id <= classes && typeof wnid === "string") wnids[id - 1] = wnid
  }
  if (wnids.length !== classes || wnids.includes("")) throw new Error(`it has ${wnids.length} classes, not ${classes}`)
  return wnids
}

const imageNumber = /(?:^|\/)ILSVRC2012_val_(\d{8})\.[^./]+$/u

/**
 * ImageNet's validation labels from the devkit, for images as they are published:
 * `ILSVRC2012_val_00000001.JPEG` and so on in one folder. Line i of the ground
 * truth is image i; its number is the devkit's own, which `meta.mat` turns into a
 * wnid. Classes are counted as everywhere: by wnid in alphabetical order. A name
 * of another form and a number that is no class are errors.
 */
export const imagenetLabels = whole("imagenetLabels", {
  module: import.meta,
  params: Params,
  inputs: { manifest: Manifest },
  output: Labels,
  stamp: ({ devkit }) => stampFiles([truthOf(devkit), metaOf(devkit)]),
  run: Effect.fnUntraced(function* ({ manifest }, { devkit }: Params) {
    const truth = truthOf(yield* located(devkit))
    const meta = metaOf(yield* located(devkit))
    const read = (file: string) =>
      Effect.tryPromise({ try: () => readFile(file), catch: (cause) => unreadable(file, cause) })
    const bytes = yield* read(meta)
    const wnids = yield* Effect.try({
      try: () => wnidsIn(bytes),
      catch: (cause) =>
        new StageError({
          message: `the classes of the devkit cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
          hint: "unpack ILSVRC2012_devkit_t12.tar.gz again",
          file: meta,
          cause,
        }),
    })
    const place = new Map(wnids.toSorted().map((wnid, index) => [wnid, index]))
    const numbers = (yield* read(truth)).toString("utf8").trim().split(/\s+/u).map(Number)
    return Stream.mapEffect(manifest.batches, ({ id: ids }) =>
      Effect.gen(function* () {
        const labels: Array<Int32Array> = []
        for (const id of ids) {
          const image = Number(imageNumber.exec(id)?.[1])
          const number = numbers[image - 1]
          const label = place.get(wnids[(number ?? 0) - 1] ?? "")
          if (label === undefined) {
            const message =
              number === undefined
                ? `the image ${JSON.stringify(id)} has no line in the ground truth of ${numbers.length} images`
                : `line ${image}: ${number} is none of the classes 1 to ${classes}`
            const hint = "images keep the names that they are published under: ILSVRC2012_val_00000001.JPEG"
            return yield* new StageError({ message, hint, file: truth })
          }
          labels.push(Int32Array.of(label))
        }
        return { id: ids, labels }
      }),
    )
  }),
})
