import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { labelsCsv } from "../../../stages/sources/labelsCsv.ts"
import { runWhole, services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"

const read = (files: Readonly<Record<string, string>>, params: object) =>
  Effect.gen(function* () {
    const directory = yield* folderWith(files)
    const batch = yield* runWhole(labelsCsv, {}, { file: "labels.csv", ...params }).pipe(
      Effect.provide(services({ directory })),
    )
    return batch.id.map((id, row) => [id, ...(batch.labels[row] ?? [])])
  })

const rows = (text: string, params: object = {}) => read({ "labels.csv": text }, params)

describe("labelsCsv", () => {
  it.effect("reads ids and class numbers, sorted by id", () =>
    Effect.gen(function* () {
      expect(yield* rows("id,label\nb.png,3\na.png,0\nB.png,7\n")).toEqual([
        ["B.png", 7],
        ["a.png", 0],
        ["b.png", 3],
      ])
    }),
  )

  it.effect("finds its columns by name, among others, with quotes, byte order mark and CRLF", () =>
    Effect.gen(function* () {
      const text = '\uFEFFsplit, class ,"file"\r\nval,4,"a, b.png"\r\n\r\nval,5,c.png\r\n'
      expect(yield* rows(text, { id: "file", label: "class" })).toEqual([
        ["a, b.png", 4],
        ["c.png", 5],
      ])
    }),
  )

  it.effect("reads lists without a header by position, with any separator", () =>
    Effect.gen(function* () {
      expect(yield* rows("b.jpg 12\na.jpg 3\n", { header: false, separator: " " })).toEqual([
        ["a.jpg", 3],
        ["b.jpg", 12],
      ])
      expect(yield* rows("1\tx\ta.jpg\n", { header: false, separator: "\t", id: 2, label: 0 })).toEqual([["a.jpg", 1]])
    }),
  )

  it.effect("reads several labels or none in a cell", () =>
    Effect.gen(function* () {
      expect(yield* rows("id,label\na,970 795\nb,\nc,5\nd,7 7\n", { several: " " })).toEqual([
        ["a", 970, 795],
        ["b"],
        ["c", 5],
        ["d", 7],
      ])
    }),
  )

  it.effect("takes wnids, names behind them and numbers of a list of ImageNet's classes", () =>
    Effect.gen(function* () {
      const synsets = "n01440764 tench, Tinca tinca\nn02012849 crane\nn03126707 crane, hoist\nn03710637 maillot\n"
      const labels = (text: string) => read({ "labels.csv": text, "synsets.txt": synsets }, { classes: "synsets.txt" })
      expect(yield* labels("id,label\na,n03126707\nb,Tinca tinca\nc,3\nd,hoist\n")).toEqual([
        ["a", 2],
        ["b", 0],
        ["c", 3],
        ["d", 2],
      ])
      // Two classes are called so: only a wnid tells which is meant.
      expect((yield* Effect.flip(labels("id,label\na,crane\n"))).message).toBe('line 2: unknown class "crane"')
      expect((yield* Effect.flip(labels("id,label\na,4\n"))).message).toMatch(/class 4 is out of range \(0 to 3\)/u)
    }),
  )

  it.effect("takes ids for paths where `folder` says so", () =>
    Effect.gen(function* () {
      expect(yield* rows("id,label\n/a/1.jpg,0\n./a//2.jpg,1\n", { folder: "a" })).toEqual([
        ["1.jpg", 0],
        ["2.jpg", 1],
      ])
      const outside = yield* Effect.flip(rows("id,label\na/../../1.jpg,0\n", { folder: "" }))
      expect(outside.message).toMatch(/line 2: the path "a\/..\/..\/1.jpg" leaves the folder/u)
    }),
  )

  it.effect("takes names where `classes` lists them, in params or in a file", () =>
    Effect.gen(function* () {
      const text = "id,label\na,dog\nb,cat\n"
      const expected = [
        ["a", 2],
        ["b", 0],
      ]
      expect(yield* rows(text, { classes: ["cat", "cow", "dog"] })).toEqual(expected)
      const files = { "labels.csv": text, "lists/names.txt": "\uFEFFcat\r\ncow\r\ndog\r\n\r\n" }
      expect(yield* read(files, { classes: "lists/names.txt" })).toEqual(expected)
    }),
  )

  it.effect("names that look like numbers are names", () =>
    Effect.gen(function* () {
      expect(yield* rows("id,label\na,0\n", { classes: ["1", "0"] })).toEqual([["a", 1]])
    }),
  )

  it.effect("a hundred thousand rows keep their labels", () =>
    Effect.gen(function* () {
      const name = (i: number) => `image-${String(i).padStart(6, "0")}`
      const text = Array.from({ length: 100_000 }, (_, i) => `${name(99_999 - i)},${(99_999 - i) % 1000}`).join("\n")
      const read = yield* rows(`id,label\n${text}\n`, { classes: 1000 })
      expect(read.length).toBe(100_000)
      expect(read.every(([id, label], i) => id === name(i) && label === i % 1000)).toBe(true)
    }),
  )

  const wrong = (name: string, text: string, params: object, says: RegExp) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(rows(text, params))
        expect(error._tag).toBe("StageError")
        expect(error.message).toMatch(says)
        expect(error.file).toMatch(/labels\.csv$/u)
      }),
    )

  wrong(
    "an unknown class names it and the line",
    "id,label\na,cat\nb,cow\n",
    { classes: ["cat"] },
    /^line 3: unknown class "cow"$/u,
  )
  wrong(
    "a name without `classes` says what to give",
    "id,label\na,cat\n",
    {},
    /line 2: "cat" is no class number; give `classes`/u,
  )
  wrong(
    "several unknown classes are told at once, each with its first line",
    "id,label\na,cat\nb,cow\nc,elk\nd,cow\n",
    { classes: ["cat", "dog"] },
    /^2 unknown classes: "cow" \(line 3\), "elk" \(line 4\)$/u,
  )
  wrong(
    "a class number out of range names the range",
    "id,label\na,3\n",
    { classes: 3 },
    /line 2: class 3 is out of range \(0 to 2\)/u,
  )
  wrong("a negative class number is none", "id,label\na,-1\n", {}, /line 2: "-1" is no class number/u)
  wrong("a class number beyond 31 bits is out of range", "id,label\na,2147483648\n", {}, /out of range/u)
  wrong("a fraction is no class number", "id,label\na,1.5\n", {}, /"1.5" is no class number/u)
  wrong(
    "an id given twice names it and the line",
    "id,label\na,1\nb,1\na,1\n",
    {},
    /line 4: a second row for the id "a"/u,
  )
  wrong("an empty id is an error", "id,label\n,1\n", {}, /line 2: the id is empty/u)
  wrong(
    "a line with another number of cells names itself",
    "id,label\na,1\nb,1,2\n",
    {},
    /line 3: 3 cells where the first line has 2/u,
  )
  wrong("an open quote names the line", 'id,label\na,"1\nb,2\n', {}, /not well-formed CSV: .*line 3/u)
  wrong(
    "a missing column lists those there are",
    "name,class\na,1\n",
    {},
    /line 1: no column "id"; there are name, class/u,
  )
  wrong(
    "a position beyond the last is an error",
    "a,1\n",
    { header: false, label: 2 },
    /no column 2; the positions are 0 to 1/u,
  )
  wrong("a file without labels is an error", "id,label\n", {}, /no labels/u)
  wrong("an empty file is an error", "", {}, /no labels/u)

  it.effect("a missing file is an error that names it, and where paths start", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({}, {}))
      expect(error).toMatchObject({ message: "no such file", file: expect.stringMatching(/labels\.csv$/u) })
      expect(error.hint).toMatch(/pipeline file/u)
    }),
  )

  it.effect("a missing or wrong file of classes is an error that names that file", () =>
    Effect.gen(function* () {
      const text = "id,label\na,cat\n"
      const missing = yield* Effect.flip(rows(text, { classes: "names.txt" }))
      expect(missing).toMatchObject({ message: "no such file", file: expect.stringMatching(/names\.txt$/u) })
      const twice = yield* Effect.flip(
        read({ "labels.csv": text, "names.txt": "cat\ncat\n" }, { classes: "names.txt" }),
      )
      expect(twice).toMatchObject({
        message: expect.stringMatching(/"cat" is given twice/u),
        file: expect.stringMatching(/names/u),
      })
    }),
  )

  it.effect("its stamp changes with the file and with the file of classes", () =>
    Effect.gen(function* () {
      const stamp = (files: Readonly<Record<string, string>>) =>
        Effect.gen(function* () {
          const directory = yield* folderWith(files)
          if (labelsCsv.kind !== "whole" || labelsCsv.stamp === undefined) return yield* Effect.die("no stamp")
          return yield* labelsCsv
            .stamp({ file: "labels.csv", classes: "names.txt", header: true, separator: "," })
            .pipe(Effect.provide(services({ directory })))
        })
      const one = yield* stamp({ "labels.csv": "a", "names.txt": "b" })
      expect(one).not.toBe(yield* stamp({ "labels.csv": "aa", "names.txt": "b" }))
      expect(one.split(" ")).toHaveLength(2)
    }),
  )
})
