import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { classOrder } from "../../../stages/sources/folders.ts"
import { folderClasses } from "../../../stages/sources/folderClasses.ts"
import { folderLabels } from "../../../stages/sources/folderLabels.ts"
import { Classes, Manifest } from "../../../stages/tables.ts"
import { readerOf, runWhole, services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"

const manifest = (ids: ReadonlyArray<string>) =>
  readerOf(
    Manifest,
    {
      id: ids,
      hash: ids.map(() => ""),
      bytes: new Float64Array(ids.length),
      path: ids,
      offset: new Float64Array(ids.length),
    },
    2,
  )

const labelsOf = (
  ids: ReadonlyArray<string>,
  params: object = {},
  classes?: ReadonlyArray<string>,
  directory?: string,
) =>
  runWhole(
    folderLabels,
    { manifest: manifest(ids), classes: classes === undefined ? undefined : readerOf(Classes, { name: classes }) },
    params,
  ).pipe(
    Effect.map((batch) => batch.id.map((id, row) => [id, ...(batch.labels[row] ?? [])])),
    Effect.provide(services(directory === undefined ? {} : { directory })),
  )

const classesOf = (ids: ReadonlyArray<string>, params: object = {}) =>
  runWhole(folderClasses, { manifest: manifest(ids) }, params).pipe(
    Effect.map(({ name }) => name),
    Effect.provide(services()),
  )

describe("folderLabels", () => {
  it.effect("the class of an image is its first folder; rows keep the order of the images", () =>
    Effect.gen(function* () {
      expect(yield* labelsOf(["dog/1.png", "cat/2.png", "cat/deep/3.png", "Zebra/4.png"])).toEqual([
        ["dog/1.png", 2],
        ["cat/2.png", 1],
        ["cat/deep/3.png", 1],
        ["Zebra/4.png", 0],
      ])
    }),
  )

  it.effect("folders that are all numbers count as numbers", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 1000 }, (_, i) => `${i}/a.jpg`)
      expect(yield* labelsOf(ids.toSorted())).toEqual(ids.toSorted().map((id) => [id, Number.parseInt(id, 10)]))
    }),
  )

  it.effect("one folder that is no number makes all of them names", () =>
    Effect.gen(function* () {
      expect(yield* classesOf(["10/a", "9/a", "x/a"])).toEqual(["10", "9", "x"])
      expect(yield* classesOf(["10/a", "9/a", "100/a"])).toEqual(["9", "10", "100"])
    }),
  )

  it.effect("`depth` says which folder is the class", () =>
    Effect.gen(function* () {
      const ids = ["val/dog/1.png", "val/cat/2.png"]
      expect(yield* labelsOf(ids, { depth: 1 })).toEqual([
        ["val/dog/1.png", 1],
        ["val/cat/2.png", 0],
      ])
      expect(yield* classesOf(ids, { depth: 1 })).toEqual(["cat", "dog"])
    }),
  )

  it.effect("an image in no folder is an error that names it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(labelsOf(["cat/1.png", "2.png"]))
      expect(error).toMatchObject({ _tag: "StageError", message: expect.stringMatching(/"2.png" lies in no folder/u) })
    }),
  )

  it.effect("a set with some of the classes takes its indices from the list of all", () =>
    Effect.gen(function* () {
      const names = ["ant", "bee", "cat", "dog"]
      const expected = [
        ["dog/1", 3],
        ["bee/1", 1],
      ]
      expect(yield* labelsOf(["dog/1", "bee/1"], { classes: names })).toEqual(expected)
      expect(yield* labelsOf(["dog/1", "bee/1"], {}, names)).toEqual(expected)
      const directory = yield* folderWith({ "names.txt": names.join("\n") })
      expect(yield* labelsOf(["dog/1", "bee/1"], { classes: "names.txt" }, undefined, directory)).toEqual(expected)
    }),
  )

  it.effect("a folder that is no class is an error that lists it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(labelsOf(["dog/1", "elk/1", "fox/1"], { classes: ["cat", "dog"] }))
      expect(error).toMatchObject({
        _tag: "StageError",
        message: expect.stringMatching(/none of the 2 classes: "elk", "fox"$/u),
      })
    }),
  )

  it.effect("classes given twice, or one class twice, are errors", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(labelsOf(["a/1"], { classes: ["a"] }, ["a"]))).message).toMatch(/given twice/u)
      expect((yield* Effect.flip(labelsOf(["a/1"], { classes: ["a", "a"] }))).message).toMatch(/"a" is given twice/u)
    }),
  )

  it.effect("its indices are those of folderClasses", () =>
    Effect.gen(function* () {
      const ids = ["b/1", "a/1", "c/1", "a/2"]
      const names = yield* classesOf(ids)
      expect(yield* labelsOf(ids)).toEqual(ids.map((id) => [id, names.indexOf(id.slice(0, 1))]))
    }),
  )

  const Name = Schema.String.check(Schema.isPattern(/^[a-c0-9]{1,3}$/u))

  it.prop("the order of classes does not depend on the order of the images", [Schema.Array(Name)], ([names]) => {
    expect(classOrder(names.toReversed())).toEqual(classOrder(names))
    expect(new Set(classOrder(names))).toEqual(new Set(names))
  })
})
