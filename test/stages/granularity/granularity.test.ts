import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { coarseClasses } from "../../../stages/granularity/coarseClasses.ts"
import { coarseLabels } from "../../../stages/granularity/coarseLabels.ts"
import { coarsePredictions } from "../../../stages/granularity/coarsePredictions.ts"
import { Taxonomy } from "../../../stages/granularity/tables.ts"
import { taxonomy } from "../../../stages/granularity/taxonomy.ts"
import { Classes, Labels } from "../../../stages/tables.ts"
import { openRows, readerOf, runWhole, services } from "../../harness.ts"
import { folderWith } from "../sources/folderWith.ts"

const csv = "child,parent\ncat,animal\ndog,animal\noak,plant\nanimal,living\nplant,living\nstone,thing\n"
const json = JSON.stringify({
  name: "all",
  children: [
    {
      name: "living",
      children: [
        { name: "animal", children: ["cat", "dog"] },
        { name: "plant", children: ["oak"] },
      ],
    },
    { name: "thing", children: [{ name: "stone" }] },
  ],
})
const names = ["cat", "oak", "stone", "dog"]

const tree = (file: string, text: string) =>
  Effect.gen(function* () {
    const directory = yield* folderWith({ [file]: text })
    return yield* runWhole(taxonomy, {}, { file }).pipe(Effect.provide(services({ directory })))
  })

const inputs = (file: string, text: string, classes: ReadonlyArray<string> = names) =>
  Effect.map(tree(file, text), (rows) => ({
    taxonomy: readerOf(Taxonomy, rows),
    classes: readerOf(Classes, { name: classes }),
  }))

const levels = (file: string, text: string) =>
  Effect.gen(function* () {
    const given = yield* inputs(file, text)
    const at = (depth: number) => Effect.map(runWhole(coarseClasses, given, { depth }), ({ name }) => name)
    return [yield* at(0), yield* at(1), yield* at(2), yield* at(9)]
  }).pipe(Effect.provide(services()))

describe("taxonomy", () => {
  it.effect("CSV and JSON say the same; a class that ends above a level stays itself", () =>
    Effect.gen(function* () {
      const expected = [
        ["living", "thing"],
        ["animal", "plant", "stone"],
        ["cat", "oak", "stone", "dog"],
        ["cat", "oak", "stone", "dog"],
      ]
      expect(yield* levels("tree.csv", csv)).toEqual(expected)
      // The one root of all is no level.
      expect(yield* levels("tree.json", json)).toEqual(expected)
    }),
  )

  it.effect("what is no tree is said, with the file", () =>
    Effect.gen(function* () {
      const complaint = (file: string, text: string) =>
        Effect.map(Effect.flip(tree(file, text)), (error) => {
          expect("file" in error && error.file).toContain(file)
          return error.message
        })
      expect(yield* complaint("t.csv", "child,parent\na,b\na,c\n")).toBe('"a" has two parents, "b" and "c"')
      expect(yield* complaint("t.csv", "child,parent\na,b\nb,a\n")).toMatch(/^a circle: /)
      expect(yield* complaint("t.csv", "child,parent\n")).toBe("there are no names in this file")
      expect(yield* complaint("t.csv", "child\na\n")).toMatch(/1 cells where/)
      expect(yield* complaint("t.json", '{"children": []}')).toMatch(/^no tree of /)
      expect(yield* complaint("t.json", "{")).toMatch(/^no tree of /)
    }),
  )

  it.effect("a class that is not in the tree is an error that names it", () =>
    Effect.gen(function* () {
      const given = yield* inputs("t.csv", csv, ["cat", "horse"])
      const error = yield* Effect.flip(runWhole(coarseClasses, given, { depth: 0 }))
      expect(error.message).toBe('1 of 2 classes are not in the taxonomy: "horse"')
    }).pipe(Effect.provide(services())),
  )
})

const rows = (of: ReadonlyArray<ReadonlyArray<number>>) => of.map((one) => Int32Array.from(one))

describe("coarse labels and predictions", () => {
  it.effect("labels become the classes above them, each once", () =>
    Effect.gen(function* () {
      const given = yield* inputs("t.csv", csv)
      const labels = readerOf(Labels, { id: ["a", "b", "c"], labels: rows([[0, 3], [2], []]) })
      const { labels: made } = yield* runWhole(coarseLabels, { ...given, labels }, { depth: 1 })
      expect(made).toEqual(rows([[0], [2], []]))
      const strange = readerOf(Labels, { id: ["a"], labels: rows([[4]]) })
      const error = yield* Effect.flip(runWhole(coarseLabels, { ...given, labels: strange }, { depth: 1 }))
      expect(error.message).toBe("the class 4 of the image a is not one of the 4 of the taxonomy")
    }).pipe(Effect.provide(services())),
  )

  it.effect("the best class stays the best, and of several that become one the best score stays", () =>
    Effect.gen(function* () {
      const given = yield* inputs("t.csv", csv)
      const step = yield* openRows(coarsePredictions, given, { depth: 1 })
      const made = yield* step({
        id: ["a", "b"],
        top: rows([
          [3, 0, 1, 2],
          [2, 1, 0, 3],
        ]),
        score: [Float32Array.of(9, 8, 7, 6), Float32Array.of(4, 3, 2, 1)],
        rank: Int32Array.of(1, 2),
      })
      expect(made).toEqual({
        id: ["a", "b"],
        top: rows([
          [0, 1, 2],
          [2, 1, 0],
        ]),
        score: [Float32Array.of(9, 7, 6), Float32Array.of(4, 3, 2)],
        rank: Int32Array.of(0, 0),
      })
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
