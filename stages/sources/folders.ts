import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Manifest } from "../tables.ts"

/** Which folder of an id is the class, counted from 0; the first where nothing is said. */
export const Depth = /* @__PURE__ */ Schema.Int.check(/* @__PURE__ */ Schema.isGreaterThanOrEqualTo(0)).pipe(
  /* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(0)),
)

/** The folder at this depth of an image's id, from 0; `undefined` where it has none. */
export const folderOf = (id: string, depth: number): string | undefined => {
  const parts = id.split("/")
  return depth < parts.length - 1 ? parts[depth] : undefined
}

const digits = /^\d+$/u

const byCodeUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Names of classes in order of index: as numbers where all of them are digits
 * (ImageNet-v2's folders are 0 to 999), else by code unit.
 */
export const classOrder = (names: Iterable<string>): ReadonlyArray<string> => {
  const all = [...new Set(names)].sort(byCodeUnit)
  return all.every((name) => digits.test(name)) ? all.sort((a, b) => Number(BigInt(a) - BigInt(b))) : all
}

/** The error of an image that lies in no folder. */
export const notInFolder = (id: string, depth: number): StageError =>
  new StageError({
    message: `the image ${JSON.stringify(id)} lies in no folder at depth ${depth}, so it has no class`,
    hint: "give `depth` the place of the class's folder in the ids, from 0",
  })

/** The classes that a set's folders name, in order of index. */
export const classesIn = (manifest: Reader<typeof Manifest>, depth: number) =>
  Effect.map(
    Stream.runFoldEffect(
      manifest.batches,
      () => new Set<string>(),
      (found, { id: ids }) =>
        Effect.gen(function* () {
          for (const id of ids) {
            const folder = folderOf(id, depth)
            if (folder === undefined) return yield* notInFolder(id, depth)
            found.add(folder)
          }
          return found
        }),
    ),
    classOrder,
  )
