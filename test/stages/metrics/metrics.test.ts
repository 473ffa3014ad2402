import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Node from "../../../src/dsl/Node.ts"
import { apOf, averagePrecision } from "../../../stages/metrics/averagePrecision.ts"
import { calibration } from "../../../stages/metrics/calibration.ts"
import { classAgreement } from "../../../stages/metrics/classAgreement.ts"
import { classChanges } from "../../../stages/metrics/classChanges.ts"
import { classScores } from "../../../stages/metrics/classScores.ts"
import { classTable } from "../../../stages/metrics/classTable.ts"
import { confusion } from "../../../stages/metrics/confusion.ts"
import { maskPredictions } from "../../../stages/metrics/maskPredictions.ts"
import { scoreRows } from "../../../stages/metrics/scoreRows.ts"
import { ClassNumbers } from "../../../stages/metrics/tables.ts"
import { Classes, Labels, Scores } from "../../../stages/tables.ts"
import { openRows, readerOf, runWhole, services, type StageTo } from "../../harness.ts"
import { inputsOf } from "./cases.ts"

const naming = { model: "hog", set: "val" }
/** An image a row, of which the best class is given. */
const guessing = (guesses: ReadonlyArray<number>, labels: ReadonlyArray<ReadonlyArray<number>>, classes = 3) =>
  inputsOf({
    scores: guesses.map((guess) => Array.from({ length: classes }, (_, label) => (label === guess ? 1 : 0))),
    labels,
  })
const provided = Effect.provide(services())

describe("scores in which classes count alike", () => {
  it.effect("mean-class over classes with images, macro-f1 over those that occur, with the images they are over", () =>
    Effect.gen(function* () {
      // Class 0: 1 of 2 right. Class 1: 1 of 1. Class 2 has no images, and one is taken for it.
      const rows = yield* runWhole(classScores, guessing([0, 2, 1, 0], [[0], [0], [1], []]), naming)
      expect(rows.metric).toEqual(["mean-class", "macro-f1"])
      expect([...rows.value]).toEqual([0.75, (2 / 3 + 1 + 0) / 3])
      expect([...rows.images, ...rows.unlabelled, ...rows.skipped]).toEqual([3, 3, 1, 1, 0, 0])
      const masked = yield* runWhole(classScores, guessing([0], [[0]]), { ...naming, variant: "masked" })
      expect(masked.metric).toEqual(["mean-class-masked", "macro-f1-masked"])
    }).pipe(provided),
  )

  it.effect("an image with several labels is an error that names it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(runWhole(classScores, guessing([0, 1], [[0], [1, 2]]), naming))
      expect(error.message).toMatch(/^the image "image 1" has several labels/)
    }).pipe(provided),
  )
})

describe("tables by class", () => {
  const classes = readerOf(Classes, { name: ["ant", "bee", "cow"] })

  it.effect("confusion lists the cells that occur, with names", () =>
    Effect.gen(function* () {
      const rows = yield* runWhole(confusion, { ...guessing([0, 2, 1, 0], [[0], [0], [1], [1]]), classes })
      expect(rows.labelName.map((name, i) => `${name} ${rows.guessName[i]} ${rows.images[i]}`)).toEqual([
        "ant ant 1",
        "ant cow 1",
        "bee ant 1",
        "bee bee 1",
      ])
    }).pipe(provided),
  )

  it.effect("a class without images has no recall, one that nothing is taken for no precision", () =>
    Effect.gen(function* () {
      const rows = yield* runWhole(classTable, guessing([2, 2], [[0], [0]]))
      expect([...rows.class]).toEqual([0, 2])
      expect([...rows.recall, ...rows.precision, ...rows.f1]).toEqual([0, Number.NaN, Number.NaN, 0, 0, 0])
      expect(rows.name).toEqual(["", ""])
    }).pipe(provided),
  )

  it.effect("changes: the largest gain first, the most improved and the most harmed marked", () =>
    Effect.gen(function* () {
      const labels = [[0], [0], [1], [1], [2], [2], [3]]
      const { labels: reader, predictions: before } = guessing([0, 0, 1, 2, 2, 1, 3], labels, 4)
      const { predictions: after } = guessing([1, 2, 1, 1, 2, 1, 3], labels, 4)
      const rows = yield* runWhole(classChanges, { before, after, labels: reader, classes }, { most: 1 })
      expect([...rows.class]).toEqual([1, 2, 3, 0])
      expect([...rows.change]).toEqual([0.5, 0, 0, -1])
      expect(rows.kind).toEqual(["improved", "", "", "harmed"])
      expect(rows.name).toEqual(["bee", "cow", "", "ant"])
      const all = yield* runWhole(classChanges, { before, after, labels: reader }, { most: 9 })
      expect(all.kind).toEqual(["improved", "", "", "harmed"])
    }).pipe(provided),
  )
})

describe("averagePrecision", () => {
  const Ranking = Schema.Array(
    Schema.Tuple([Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })), Schema.Boolean]),
  )

  it.effect.prop("is the sum over all thresholds, ties being one", [Ranking], ([ranking]) =>
    Effect.sync(() => {
      const all = ranking.filter(([, is]) => is).length
      if (all === 0) return
      let [sum, before] = [0, 0]
      for (const threshold of [4, 3, 2, 1, 0]) {
        const above = ranking.filter(([score]) => score >= threshold)
        const hits = above.filter(([, is]) => is).length
        if (above.length > 0) sum += ((hits - before) / all) * (hits / above.length)
        before = hits
      }
      const found = apOf(
        Float32Array.from(ranking, ([score]) => score),
        Uint8Array.from(ranking, ([, is]) => (is ? 1 : 0)),
      )
      expect(found).toBeCloseTo(sum, 12)
    }),
  )

  it.effect("a class without images is left out; each other has a row", () =>
    Effect.gen(function* () {
      const inputs = inputsOf({
        scores: [
          [3, 2, 1],
          [1, 2, 0],
          [2, 3, 4],
        ],
        labels: [[0], [0, 1], []],
      })
      const rows = yield* runWhole(averagePrecision, inputs, naming)
      expect([...rows.class]).toEqual([-1, 0, 1])
      expect([...rows.value]).toEqual([0.75, 1, 0.5])
      expect([...rows.images, ...rows.unlabelled]).toEqual([2, 2, 1, 1, 0, 0])
    }).pipe(provided),
  )

  it.effect("predictions that keep only the best few classes are an error that says what to do", () =>
    Effect.gen(function* () {
      const one = {
        scores: [
          [3, 2, 1],
          [1, 2, 3],
        ],
        labels: [[0], [2]],
      }
      for (const stage of [averagePrecision, calibration]) {
        const few = yield* Effect.flip(runWhole(stage, inputsOf(one, 2), naming))
        expect(few.message).toBe("the scores of all classes are needed: some predictions keep 2 classes, and 3 occur")
        const outside = yield* Effect.flip(runWhole(stage, inputsOf({ ...one, labels: [[2], [2]] }, 1), naming))
        expect(outside.message).toMatch(/a label of "image 0" is not among the classes/)
      }
    }).pipe(provided),
  )
})

describe("calibration", () => {
  it.effect("votes are divided by their sum; of several labels all count", () =>
    Effect.gen(function* () {
      const inputs = inputsOf({
        scores: [
          [3, 1, 0],
          [2, 1, 1],
        ],
        labels: [[0], [1, 2]],
      })
      const rows = yield* runWhole(calibration, inputs, { ...naming, scores: "votes", bins: 2 })
      // Confidences .75 (right) and .5 (wrong): the bins are (0, .5] and (.5, 1].
      expect(rows.metric).toEqual(["ece", "nll"])
      expect(rows.value[0]).toBeCloseTo((0.25 + 0.5) / 2, 12)
      expect(rows.value[1]).toBeCloseTo(-(Math.log(0.75) + Math.log(0.5)) / 2, 12)
    }).pipe(provided),
  )

  it.effect("logits given as votes are an error", () =>
    Effect.gen(function* () {
      const inputs = inputsOf({ scores: [[3, -1]], labels: [[0]] })
      const error = yield* Effect.flip(runWhole(calibration, inputs, { ...naming, scores: "votes" }))
      expect(error.message).toBe("of 1 images the votes are negative, or there are none")
    }).pipe(provided),
  )
})

describe("classAgreement", () => {
  const scores = (model: string, values: ReadonlyArray<number>) =>
    readerOf(
      Scores,
      scoreRows(
        { model, set: "val" },
        [-1, ...values.keys()].map((label) => ({
          metric: "top1",
          class: label,
          value: label < 0 ? 0.5 : (values[label] ?? 0),
          images: 10,
          skipped: 0,
          unlabelled: 0,
        })),
      ),
    )

  it.effect("1 where hard classes stay hard, -1 where they become the easy ones", () =>
    Effect.gen(function* () {
      const given = [scores("a", [0.1, 0.4, 0.7, 0.9]), scores("b", [0.2, 0.3, 0.8, 1]), scores("c", [1, 0.9, 0.3, 0])]
      const rows = yield* runWhole(classAgreement, { scores: given })
      const told = rows.measure.map((m, i) => `${m} ${rows.a[i]} ${rows.b[i]} ${rows.value[i]} ${rows.n[i]}`)
      expect(told).toEqual([
        "spearman a b 1 4",
        "spearman a c -1 4",
        "spearman b c -1 4",
        "tau-b a b 1 4",
        "tau-b a c -1 4",
        "tau-b b c -1 4",
      ])
      const alone = yield* Effect.flip(runWhole(classAgreement, { scores: given.slice(1, 2) }))
      expect(alone.message).toBe("no set has two models with scores by class")
    }).pipe(provided),
  )
})

describe("maskPredictions", () => {
  const { labels, predictions } = inputsOf({
    scores: [
      [9, 8, 7, 6],
      [1, 2, 3, 4],
    ],
    labels: [[1], [3]],
  })

  it.effect("leaves out classes that the set does not have before the best are taken", () =>
    Effect.gen(function* () {
      const node = maskPredictions({ predictions: dummy("predictions"), labels: dummy("labels") }, { top: 1 })
      const [, [, classes]] = Node.edges(node) as [unknown, readonly [string, Node.Node]]
      const numbers = yield* runWhole(classes.stage as StageTo<typeof ClassNumbers>, { labels })
      expect([...numbers.class]).toEqual([1, 3])
      const step = yield* openRows(
        node.stage as StageTo<typeof Labels>,
        { classes: readerOf(ClassNumbers, numbers) },
        node.params,
      )
      expect(yield* step(yield* predictions.all)).toMatchObject({ top: [Int32Array.of(1), Int32Array.of(3)] })
      const few = inputsOf({ scores: [[9, 8, 7, 6]], labels: [[1]] }, 2)
      const error = yield* Effect.flip(step(yield* few.predictions.all))
      expect(error.message).toBe("the prediction of image 0 keeps 1 of the set's 2 classes")
    }).pipe(Effect.scoped, provided),
  )
})

const dummy = (label: string) => ({ _tag: "Node", inputs: {}, label }) as never
