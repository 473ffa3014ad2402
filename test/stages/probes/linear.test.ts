import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { protocols } from "../../../stages/fitProbe.ts"
import { fitLinear } from "../../../stages/probes/linear.ts"
import { linearParams, sgdOf } from "../../../stages/probes/linearParams.ts"
import type { Problem } from "../../../stages/probes/Problem.ts"
import { Features, Labels } from "../../../stages/tables.ts"
import { readerOf, runWhole, services } from "../../harness.ts"
import { clouds, farthest, numbersOf } from "./sgdReference.ts"

const Params = Schema.Struct(
  linearParams("linear/test", {
    epochs: 6,
    batch: 32,
    rate: 0.1,
    referenceBatch: null,
    schedule: "cosine",
    every: "step",
    start: "zeros",
  }),
)
const paramsOf = (given: Partial<(typeof Params)["Encoded"]>) =>
  Schema.decodeUnknownSync(Params)({ protocol: "linear/test", ...given })
const fit = (problem: Problem, given: Partial<(typeof Params)["Encoded"]> = {}) =>
  fitLinear(problem, paramsOf(given)).pipe(Effect.scoped, Effect.provide(services()))

const problem = clouds("linear", 200, 5, 4)

const accuracyOf = Effect.fnUntraced(function* (onnx: Uint8Array, of: Problem) {
  const session = yield* Session.open(onnx, { thread: "caller" })
  const { scores } = yield* session.run(
    { features: Tensor.float32([of.rows, of.width], numbersOf(of)) },
    { scores: "float32" },
  )
  const hits = of.labels.filter((label, row) => {
    const own = scores.data.subarray(row * of.classes, (row + 1) * of.classes)
    return own.indexOf(Math.max(...own)) === label
  })
  return hits.length / of.rows
}, Effect.scoped)

describe("a linear fit", () => {
  it.effect("of one setting holds nothing out and has no best epoch", () =>
    Effect.gen(function* () {
      const { course, variants } = yield* fit(problem)
      expect(variants.map(({ name, setting }) => [name, setting])).toEqual([["final", {}]])
      expect(course.heldOut).toHaveLength(0)
      expect(course.settings).toEqual([{ setting: {}, heldOut: null, stopped: null }])
      expect(course.losses).toHaveLength(6 * 7)
      expect(course.curve).toHaveLength(6)
      // The mean over rows: the seventh batch has 8 of them.
      const [first = NaN] = course.curve
      const mean = course.losses.slice(0, 7).reduce((sum, loss, i) => sum + loss * (i === 6 ? 8 : 32), 0) / 200
      expect(first).toBeCloseTo(mean, 5)
    }),
  )

  it.effect("of one setting has a best epoch where a part is held out", () =>
    Effect.gen(function* () {
      const { course, variants } = yield* fit(problem, { heldOut: 0.25 })
      expect(variants.map(({ name }) => name)).toEqual(["final", "best"])
      expect(course.heldOut).toHaveLength(6)
      expect(course.settings[0]?.heldOut).toBeCloseTo(course.heldOut[5] ?? NaN, 6)
      // 150 rows are trained on.
      expect(course.losses).toHaveLength(6 * 5)
    }),
  )

  it.effect("of several settings chooses on the held-out part, the first of equal ones", () =>
    Effect.gen(function* () {
      const rate = [1e-50, 0.1, 0.1, 0.01] as const
      const { course, variants } = yield* fit(problem, { rate, decay: [0, 0.01] })
      expect(course.settings).toHaveLength(8)
      expect(course.heldOut).toHaveLength(8 * 6)
      const accuracies = course.settings.map(({ heldOut }) => heldOut ?? -1)
      const chosen = accuracies.indexOf(Math.max(...accuracies))
      expect(variants[0].setting).toEqual(course.settings[chosen]?.setting)
      expect(Object.keys(variants[0].setting)).toEqual(["rate", "decay"])
      // A rate of nothing gives every image class 0, and is given up after epoch 2.
      expect(course.settings[0]?.stopped).toContain("given up after epoch 2")
      expect(course.settings[0]?.heldOut).toBe(null)
      expect(course.heldOut.slice(2, 6)).toEqual(new Float32Array(4).fill(NaN))
      const perSetting = course.losses.length / 8
      expect(course.losses[perSetting / 3 - 1]).toBeCloseTo(Math.log(4), 4)
      expect(course.losses[perSetting / 3]).toBeNaN()
      const highest = Math.max(...[...course.heldOut].filter((accuracy) => !Number.isNaN(accuracy)))
      const at = course.heldOut.indexOf(highest)
      expect(variants[1]?.setting).toEqual(course.settings[Math.floor(at / 6)]?.setting)
    }),
  )

  it.effect("names only what was swept", () =>
    Effect.gen(function* () {
      const { variants } = yield* fit(problem, { rate: [0.1, 0.2], decay: 0.01 })
      expect(Object.keys(variants[0].setting)).toEqual(["rate"])
    }),
  )

  it.effect("refuses to choose where nothing is held out", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(fit(problem, { rate: [0.1, 0.2], heldOut: 0 }))
      expect(error.message).toContain("none of the 2 settings can be chosen")
      expect(error.hint).toContain("heldOut")
    }),
  )

  it.effect("chooses a setting that predicts other images, under every normalisation", () =>
    Effect.gen(function* () {
      const others = clouds("linear", 300, 5, 4)
      for (const normalise of ["none", "l2", "standardise", "batch-norm"] as const) {
        for (const affine of [false, true]) {
          const { variants } = yield* fit(problem, { normalise, affine, rate: [0.05, 0.5], epochs: 12 })
          for (const { onnx } of variants) expect(yield* accuracyOf(onnx, others)).toBeGreaterThan(0.7)
        }
      }
    }),
  )

  it.effect("is about the same from float16, and from shards that are read again on each pass", () =>
    Effect.gen(function* () {
      const features = { id: problem.ids, features: { shape: [problem.width], data: numbersOf(problem) } }
      const labels = { id: problem.ids, labels: Array.from(problem.labels, (label) => Int32Array.of(label)) }
      const curves = yield* Effect.forEach(
        // 200 x 5 numbers are 4,000 bytes, or 2,000.
        [8, 3e-6, 1e-6],
        Effect.fnUntraced(function* (memory) {
          const inputs = { features: readerOf(Features, features, 10), labels: readerOf(Labels, labels) }
          const params = { protocol: "linear/cole", memory, epochs: 20, batch: 32, rate: [0.05, 0.5] }
          const { curve, onnx } = yield* runWhole(protocols["linear/cole"], inputs, params)
          for (const bytes of onnx) expect(yield* accuracyOf(bytes, problem)).toBeGreaterThan(0.7)
          return [...(curve[0] ?? [])]
        }),
      )
      for (const curve of curves) expect(curve).toHaveLength(20)
      expect(farthest(curves[1] ?? [], curves[0] ?? [])).toBeLessThan(0.01)
      expect(farthest(curves[2]?.slice(-1) ?? [], curves[0]?.slice(-1) ?? [])).toBeLessThan(0.05)
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("gives the same bytes again", () =>
    Effect.gen(function* () {
      const given = { rate: [0.05, 0.5], normalise: "batch-norm", affine: true, start: "uniform" } as const
      expect(yield* fit(problem, given)).toEqual(yield* fit(problem, given))
    }),
  )
})

describe("the params of linear protocols", () => {
  it("scale rates by the batch, where the protocol does", () => {
    expect(sgdOf(paramsOf({ rate: 0.1, batch: 512, referenceBatch: 256 })).sgd.settings).toEqual([
      { rate: 0.2, decay: 0 },
    ])
    expect(sgdOf(paramsOf({ rate: 0.1, batch: 512 })).sgd.settings).toEqual([{ rate: 0.1, decay: 0 }])
  })

  it("hold a tenth out for several settings, and what is asked for", () => {
    expect(sgdOf(paramsOf({})).heldOut).toBe(0)
    expect(sgdOf(paramsOf({ rate: [0.1] })).heldOut).toBe(0)
    expect(sgdOf(paramsOf({ rate: [0.1, 0.2] })).heldOut).toBe(0.1)
    expect(sgdOf(paramsOf({ decay: [0, 1e-6], heldOut: 0.3 })).heldOut).toBe(0.3)
  })

  it("are refused where they make no sense", () => {
    const bad = [{ rate: [] }, { rate: [0] }, { decay: -1 }, { heldOut: 1 }, { momentum: 1 }, { milestones: [0] }]
    for (const given of bad) {
      const [name] = Object.keys(given)
      expect(() => Schema.decodeUnknownSync(Params)({ protocol: "linear/test", ...given })).toThrow(name)
    }
  })

  it("of each protocol have the values of its source", () => {
    const steps = { every: "step", schedule: "cosine" }
    const epochs = { every: "epoch", schedule: "cosine" }
    const wanted = {
      "linear/cole": { ...steps, epochs: 90, batch: 1024, rate: 0.1, referenceBatch: 256, decay: 0, nesterov: true },
      "linear/simclr": { ...steps, epochs: 90, batch: 4096, rate: 0.1, decay: 1e-6, nesterov: true, start: "zeros" },
      "linear/moco-v2": { schedule: "steps", milestones: [60, 80], epochs: 100, batch: 256, rate: 30 },
      "linear/moco-v3": { ...epochs, epochs: 90, batch: 1024, rate: 0.1, referenceBatch: 256, nesterov: false },
      "linear/swav": { ...epochs, epochs: 100, batch: 256, rate: 0.3, referenceBatch: null, decay: 1e-6 },
      "linear/barlow": { ...epochs, epochs: 100, batch: 256, rate: 0.3, referenceBatch: null, decay: 1e-6 },
      "linear/vicreg": { ...epochs, epochs: 100, batch: 256, rate: 0.02, referenceBatch: null, decay: 1e-6 },
      "linear/dino": { ...epochs, epochs: 100, batch: 1024, rate: 0.001, referenceBatch: 256, decay: 0 },
      "linear/dinov2": { ...steps, epochs: 10, stepsPerEpoch: 1250, batch: 1024, referenceBatch: 256, decay: 0 },
      "linear/vissl": { milestones: [8, 16, 24], epochs: 28, batch: 256, rate: 0.01, decay: 5e-4, affine: true },
      "linear/marks": { ...epochs, warmUp: 5, clip: 0.5, epochs: 100, batch: 1024, rate: 0.1, normalise: "none" },
    } as const
    for (const [protocol, values] of Object.entries(wanted)) {
      const found = Object.entries(protocols).find(([name]) => name === protocol)?.[1]
      const decode = Schema.decodeUnknownSync(found?.params as Schema.Decoder<unknown>)
      expect(decode({ protocol })).toMatchObject(values)
    }
  })
})
