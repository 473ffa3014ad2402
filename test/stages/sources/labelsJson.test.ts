import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { labelsJson } from "../../../stages/sources/labelsJson.ts"
import { runWhole, services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"

const rows = (text: string, params: object = {}, file = "labels.json") =>
  Effect.gen(function* () {
    const directory = yield* folderWith({ [file]: text })
    const batch = yield* runWhole(labelsJson, {}, { file, ...params }).pipe(Effect.provide(services({ directory })))
    return batch.id.map((id, row) => [id, ...(batch.labels[row] ?? [])])
  })

describe("labelsJson", () => {
  it.effect("reads an object of labels by id", () =>
    Effect.gen(function* () {
      expect(yield* rows('{"b": 3, "a": [1, 2], "c": [], "d": null}')).toEqual([["a", 1, 2], ["b", 3], ["c"], ["d"]])
    }),
  )

  it.effect("reads a list of objects, whatever their fields are called", () =>
    Effect.gen(function* () {
      expect(yield* rows('[{"id": "b", "label": 3}, {"id": "a", "labels": [1]}]')).toEqual([
        ["a", 1],
        ["b", 3],
      ])
      const text = '[{"file": "b", "class": "dog", "label": 9}]'
      expect(yield* rows(text, { id: "file", label: "class", classes: ["cat", "dog"] })).toEqual([["b", 1]])
    }),
  )

  it.effect("reads a list of labels, with ids by position", () =>
    Effect.gen(function* () {
      expect(yield* rows("[[], [970, 795], 3]", { ids: "val_{i+1:08d}.JPEG" })).toEqual([
        ["val_00000001.JPEG"],
        ["val_00000002.JPEG", 970, 795],
        ["val_00000003.JPEG", 3],
      ])
      expect(yield* rows("[4, 5]", { ids: "{i}" })).toEqual([
        ["0", 4],
        ["1", 5],
      ])
    }),
  )

  it.effect("reads JSON Lines, by the name of the file or by choice", () =>
    Effect.gen(function* () {
      const text = '{"id": "b", "label": 3}\n\n{"id": "a", "label": 1}\n'
      const expected = [
        ["a", 1],
        ["b", 3],
      ]
      expect(yield* rows(text, {}, "labels.jsonl")).toEqual(expected)
      expect(yield* rows(text, { lines: true })).toEqual(expected)
    }),
  )

  it.effect("where names are known, a text is a name and a number an index", () =>
    Effect.gen(function* () {
      expect(yield* rows('{"a": "cow", "b": 0}', { classes: ["cat", "cow"] })).toEqual([
        ["a", 1],
        ["b", 0],
      ])
    }),
  )

  const wrong = (name: string, text: string, params: object, says: RegExp, file = "labels.json") =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(rows(text, params, file))
        expect(error._tag).toBe("StageError")
        expect(error.message).toMatch(says)
        expect(error.file).toContain(file)
      }),
    )

  wrong("what is not JSON is an error", '{"a": 1', {}, /not well-formed JSON/u)
  wrong(
    "a line that is not JSON names itself",
    '{"id": "a", "label": 1}\n{"id"\n',
    {},
    /line 2: not well-formed/u,
    "l.jsonl",
  )
  wrong("a line that is no object names itself", '{"id": "a", "label": 1}\n7\n', {}, /line 2: it has no id/u, "l.jsonl")
  wrong("neither list nor object is an error", '"cat"', {}, /neither a list nor an object/u)
  wrong("a label that is none names the item", '{"a": {"x": 1}}', {}, /"a": neither a label nor a list/u)
  wrong("a nested list is no list of labels", '{"a": [[1]]}', {}, /"a": neither a label nor a list/u)
  wrong("an unknown class names the item", '{"a": ["cat", "cow"]}', { classes: ["cat"] }, /"a": unknown class "cow"/u)
  wrong(
    "several unknown classes are told at once",
    '{"a": ["cat", "cow"], "b": "elk"}',
    { classes: ["cat"] },
    /^2 unknown classes: "cow" \("a"\), "elk" \("b"\)$/u,
  )
  wrong(
    "a number out of range names the range",
    '[{"id": "a", "label": 5}]',
    { classes: 5 },
    /item 0: class 5 .*0 to 4/u,
  )
  wrong("a negative number is out of range", '{"a": -1}', {}, /class -1 is out of range/u)
  wrong("a fraction is no class", '{"a": 1.5}', {}, /"1.5" is no class number/u)
  wrong(
    "an id given twice names the item",
    '[{"id": "a", "label": 1}, {"id": "a", "label": 1}]',
    {},
    /item 1: a second row/u,
  )
  wrong("an id that is no text names the field", '[{"id": 4, "label": 1}]', {}, /item 0: the field "id"/u)
  wrong("an object without labels names the fields", '[{"id": "a"}]', {}, /item 0: no field "label" or "labels"/u)
  wrong("a list without ids needs `ids`", "[[1]]", {}, /item 0: it has no id, and `ids` is not given/u)
  wrong("`ids` beside ids is an error", '{"a": 1}', { ids: "{i}" }, /"a": it has an id, but `ids` is given too/u)
  wrong("an empty list is an error", "[]", { ids: "{i}" }, /no labels/u)

  it("a template of ids without a place for the position is a bad param", () => {
    const check = Schema.decodeUnknownResult(labelsJson.params)
    expect(Result.isFailure(check({ file: "a.json", ids: "val.JPEG" }))).toBe(true)
    expect(Result.isSuccess(check({ file: "a.json", ids: "{i+1:08d}.JPEG" }))).toBe(true)
  })
})
