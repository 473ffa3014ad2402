import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { head } from "../../../stages/probes/head.ts"
import { predictFeatures } from "../../../stages/probes/predictFeatures.ts"
import { Features, Labels, Probe } from "../../../stages/tables.ts"
import { openRows, readerOf, runWhole, services } from "../../harness.ts"

const logits = { id: ["a", "b"], features: { shape: [3], data: Float32Array.of(0, 5, 1, 2, -1, 1) } }
const labelled = (...lists: ReadonlyArray<number>) => ({
  id: ["a", "b"],
  labels: lists.map((label) => Int32Array.of(label)),
})
const refused = (x: typeof logits, labels?: ReturnType<typeof labelled>) => {
  const given = labels === undefined ? {} : { labels: readerOf(Labels, labels) }
  return Effect.flip(runWhole(head, { features: readerOf(Features, x), ...given }, { protocol: "head" })).pipe(
    Effect.scoped,
    Effect.provide(services()),
  )
}

describe("the model's own head", () => {
  it.effect("leaves logits as they are, with labels and without", () =>
    Effect.gen(function* () {
      const bare = yield* runWhole(head, { features: readerOf(Features, logits) }, { protocol: "head" })
      const labels = readerOf(Labels, labelled(1, 2))
      expect(yield* runWhole(head, { features: readerOf(Features, logits), labels }, { protocol: "head" })).toEqual(
        bare,
      )
      const step = yield* openRows(predictFeatures, { probe: readerOf(Probe, bare), labels })
      const { rank, score, top } = yield* step(logits)
      expect(top.map((classes) => [...classes])).toEqual([
        [1, 2, 0],
        [0, 2, 1],
      ])
      expect(score.map((scores) => [...scores])).toEqual([
        [5, 1, 0],
        [2, 1, -1],
      ])
      expect([...rank]).toEqual([1, 2])
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("refuses labels that are not among the classes, and no rows at all", () =>
    Effect.gen(function* () {
      const wrong = yield* refused(logits, labelled(0, 3))
      expect(wrong.message).toBe("the label 3 of the image b is not one of the 3 classes of the logits")
      const empty = yield* refused({ id: [], features: { shape: [3], data: new Float32Array(0) } })
      expect(empty.message).toContain("no features")
    }),
  )
})
