import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { classLimited } from "../../../stages/labels/classLimited.ts"
import { fewShot } from "../../../stages/labels/fewShot.ts"
import { onlyClasses } from "../../../stages/labels/onlyClasses.ts"
import { subset } from "../../../stages/labels/subset.ts"
import { Labels } from "../../../stages/tables.ts"
import { readerOf, runWhole, services, type StageTo } from "../../harness.ts"

type Rows = ReadonlyArray<readonly [id: string, labels: ReadonlyArray<number>]>

const read = (rows: Rows) =>
  readerOf(Labels, { id: rows.map(([id]) => id), labels: rows.map(([, own]) => Int32Array.from(own)) }, 8)

const limited = (stage: StageTo<typeof Labels>, rows: Rows, params: object) =>
  runWhole(stage, { labels: read(rows) }, params).pipe(
    Effect.map(({ id, labels }): Rows => id.map((one, row) => [one, [...(labels[row] ?? [])]])),
    Effect.provide(services()),
  )

const kept = (rows: Rows) => rows.flatMap(([id, own]) => (own.length > 0 ? [id] : []))

/** `count` images of each of some classes, in turn. */
const images = (classes: number, count: number): Rows =>
  Array.from({ length: classes * count }, (_, i) => [`image ${i}`, [i % classes]])

const Case = Schema.Struct({
  rows: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })),
  fewer: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })),
  seed: Schema.Int.check(Schema.isBetween({ minimum: -5, maximum: 5 })),
})

describe("subset", () => {
  it.effect.prop("has the size asked for, keeps all rows, and smaller ones are within larger ones", [Case], ([one]) =>
    Effect.gen(function* () {
      const all = images(3, one.rows)
      const large = Math.min(all.length, one.fewer * 2)
      const few = yield* limited(subset, all, { images: Math.min(large, one.fewer), seed: one.seed })
      const many = yield* limited(subset, all, { images: large, seed: one.seed })
      expect(few.map(([id]) => id)).toEqual(all.map(([id]) => id))
      expect(kept(few)).toHaveLength(Math.min(large, one.fewer))
      expect(kept(many)).toHaveLength(large)
      expect(kept(few).filter((id) => !kept(many).includes(id))).toEqual([])
    }),
  )

  it.effect("an image more takes at most one other's place, wherever it stands", () =>
    Effect.gen(function* () {
      const all = images(4, 30)
      const before = new Set(kept(yield* limited(subset, all, { images: 40 })))
      for (let n = 0; n < 30; n++) {
        const more = all.toSpliced(n * 4, 0, [`new ${n}`, [1]])
        const after = kept(yield* limited(subset, more, { images: 40 }))
        expect(after).toHaveLength(40)
        expect(after.filter((id) => !before.has(id)).length).toBeLessThanOrEqual(1)
      }
    }),
  )

  it.effect("another seed is another draw; the order of rows is not part of it", () =>
    Effect.gen(function* () {
      const all = images(4, 30)
      const drawn = yield* limited(subset, all, { images: 40 })
      expect(kept(yield* limited(subset, all, { images: 40, seed: 1 }))).not.toEqual(kept(drawn))
      expect(kept(yield* limited(subset, all.toReversed(), { images: 40 })).toSorted()).toEqual(kept(drawn).toSorted())
    }),
  )

  it.effect("is drawn uniformly: every image about as often as another over many seeds", () =>
    Effect.gen(function* () {
      const all = images(2, 10)
      const often = new Map<string, number>()
      for (let seed = 0; seed < 400; seed++) {
        for (const id of kept(yield* limited(subset, all, { images: 5, seed }))) often.set(id, (often.get(id) ?? 0) + 1)
      }
      // Binomial(400, 1/4): mean 100, standard deviation 8.7.
      for (const [id] of all) expect(Math.abs((often.get(id) ?? 0) - 100)).toBeLessThan(40)
    }),
  )

  it.effect("images without a label are not drawn; too many asked for, or an id twice, is an error", () =>
    Effect.gen(function* () {
      const rows: Rows = [
        ["a", [0]],
        ["b", []],
        ["c", [1, 2]],
      ]
      expect(kept(yield* limited(subset, rows, { images: 2 }))).toEqual(["a", "c"])
      const most = yield* Effect.flip(limited(subset, rows, { images: 3 }))
      expect(most.message).toBe("a subset of 3 images is asked for, and only 2 have a label")
      const twice = yield* Effect.flip(limited(subset, [...rows, ["a", [1]]], { images: 1 }))
      expect(twice.message).toBe('two rows of labels have the id "a"')
    }),
  )
})

describe("fewShot", () => {
  it.effect("keeps the same number of each class, nested in that number", () =>
    Effect.gen(function* () {
      const all = images(5, 12)
      const count = (rows: Rows) =>
        [
          ...Map.groupBy(
            rows.flatMap(([, own]) => own),
            (label) => label,
          ).values(),
        ].map((own) => own.length)
      const three = yield* limited(fewShot, all, { shots: 3 })
      const seven = yield* limited(fewShot, all, { shots: 7 })
      expect(count(three)).toEqual([3, 3, 3, 3, 3])
      expect(count(seven)).toEqual([7, 7, 7, 7, 7])
      expect(kept(three).filter((id) => !kept(seven).includes(id))).toEqual([])
      expect(kept(yield* limited(fewShot, all, { shots: 3, seed: 1 }))).not.toEqual(kept(three))
    }),
  )

  it.effect("classes with fewer images are listed; no labels at all are an error", () =>
    Effect.gen(function* () {
      const short = yield* Effect.flip(
        limited(
          fewShot,
          [
            ["a", [0]],
            ["b", [1]],
            ["c", [1]],
          ],
          { shots: 2 },
        ),
      )
      expect(short.message).toBe("1 classes have fewer than 2 images: 0 (1)")
      const none = yield* Effect.flip(limited(fewShot, [["a", []]], { shots: 1 }))
      expect(none.message).toBe("no image has a label")
    }),
  )
})

describe("classLimited", () => {
  const classesOf = (rows: Rows) => [...new Set(rows.flatMap(([, own]) => own))].sort((a, b) => a - b)

  it.effect("keeps few classes, so many images of each, nested in both", () =>
    Effect.gen(function* () {
      const all = images(8, 20)
      const small = yield* limited(classLimited, all, { classes: 3, perClass: 5 })
      const large = yield* limited(classLimited, all, { classes: 6, perClass: 10 })
      expect(classesOf(small)).toHaveLength(3)
      expect([kept(small).length, kept(large).length]).toEqual([15, 60])
      expect(kept(small).filter((id) => !kept(large).includes(id))).toEqual([])
      const every = yield* limited(classLimited, all, { classes: 3 })
      expect(classesOf(every)).toEqual(classesOf(small))
      expect(kept(every)).toHaveLength(60)
    }),
  )

  it.effect("an image of a kept and of another class keeps the one label", () =>
    Effect.gen(function* () {
      const rows: Rows = [
        ["a", [0, 1]],
        ["b", [1]],
        ["c", [0]],
      ]
      const [chosen = -1] = classesOf(yield* limited(classLimited, rows, { classes: 1 }))
      const left = new Map(yield* limited(classLimited, rows, { classes: 1 }))
      expect(left.get("a")).toEqual([chosen])
      const most = yield* Effect.flip(limited(classLimited, rows, { classes: 3 }))
      expect(most.message).toBe("3 classes are asked for, and only 2 have images")
    }),
  )
})

describe("onlyClasses", () => {
  it.effect("drops other labels, and is an error where nothing is left", () =>
    Effect.gen(function* () {
      const rows: Rows = [
        ["a", [0, 2]],
        ["b", [1]],
        ["c", [2]],
      ]
      expect(yield* limited(onlyClasses, rows, { classes: [0, 1] })).toEqual([
        ["a", [0]],
        ["b", [1]],
        ["c", []],
      ])
      const none = yield* Effect.flip(limited(onlyClasses, rows, { classes: [7] }))
      expect(none.message).toBe("no image is of one of the 1 classes that are kept")
    }),
  )
})
