import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { misclassified } from "../../../stages/miniature/misclassified.ts"
import { misclassifiedLabels } from "../../../stages/miniature/misclassifiedLabels.ts"
import { Images, Labels, Predictions } from "../../../stages/tables.ts"
import { readerOf, runWhole, services } from "../../harness.ts"

const id = ["a", "b", "c", "d", "e"]
const images = readerOf(Images, { id, bytes: id.map((_, i) => Uint8Array.of(i)) }, 2)
const labels = readerOf(Labels, { id, labels: [[0], [1], [1, 2], [], [3]].map((row) => Int32Array.from(row)) }, 2)
const predicted = (...best: ReadonlyArray<number>) =>
  readerOf(
    Predictions,
    {
      id: id.slice(0, best.length),
      top: best.map((label) => Int32Array.of(label, 9)),
      score: best.map(() => Float32Array.of(2, 1)),
      rank: Int32Array.from(best, () => 0),
    },
    2,
  )

it.effect("keeps the labelled images of which the best class is wrong, with their labels", () =>
  Effect.gen(function* () {
    // a is right, b is wrong, c has one of its two classes, d has no label, e is wrong.
    const predictions = predicted(0, 2, 2, 5, 4)
    const kept = yield* runWhole(misclassified, { images, labels, predictions })
    assert.deepStrictEqual(kept, { id: ["b", "e"], bytes: [Uint8Array.of(1), Uint8Array.of(4)] })
    const rows = yield* runWhole(misclassifiedLabels, { labels, predictions })
    assert.deepStrictEqual(rows, { id: ["b", "e"], labels: [Int32Array.of(1), Int32Array.of(3)] })
  }).pipe(Effect.provide(services())),
)

it.effect("leaves out images without a prediction", () =>
  Effect.gen(function* () {
    const kept = yield* runWhole(misclassified, { images, labels, predictions: predicted(0, 2) })
    assert.deepStrictEqual(kept.id, ["b"])
  }).pipe(Effect.provide(services())),
)

it.effect("fails where nothing is wrong, as a set of no images has no score", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(runWhole(misclassified, { images, labels, predictions: predicted(0, 1, 1, 0, 3) }))
    assert.include(error.message, "none of the 5 predictions is wrong")
  }).pipe(Effect.provide(services())),
)
