/** What every protocol has to hold, whatever it is. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fitProbe, protocols } from "../../stages/fitProbe.ts"
import { predict } from "../../stages/predict.ts"
import { predictFeatures } from "../../stages/probes/predictFeatures.ts"
import { Features, Labels, Probe } from "../../stages/tables.ts"
import { openRows, readerOf, runWhole, services } from "../harness.ts"
import { having } from "../nodes.ts"
import { numbersOf, problemOf } from "./probes/reference.ts"

type Name = keyof typeof protocols

const drawn = problemOf("protocols", 300, 8, 3)
const features = { id: drawn.ids, features: { shape: [drawn.width], data: numbersOf(drawn) } }
const labels = { id: drawn.ids, labels: Array.from(drawn.labels, (label) => Int32Array.of(label)) }
const names = (Object.keys(protocols) as ReadonlyArray<Name>).filter((name) => name !== "head")

const fit = (name: Name, params: object = {}, data = numbersOf(drawn)) =>
  runWhole(
    protocols[name],
    {
      features: readerOf(Features, { ...features, features: { shape: [drawn.width], data } }),
      labels: readerOf(Labels, labels),
    },
    { protocol: name, ...params },
  )

/** The share of rows whose class comes first. */
const accuracy = Effect.fnUntraced(function* (
  probe: Effect.Success<ReturnType<typeof fit>>,
  {
    data = numbersOf(drawn),
    fitted = {},
    ...params
  }: { data?: Float32Array; fitted?: object; variant?: "best" | "final" } = {},
) {
  const known = having()
  const x = known.node(Features, { ...features, features: { shape: [drawn.width], data } })
  const y = known.node(Labels, labels)
  const name = (probe.protocol[0] ?? "ridge") as Name
  const node = known.is(fitProbe({ features: x, labels: y }, { protocol: name, ...fitted }), probe)
  const { rank } = yield* known.rows(predict({ probe: node, features: x, labels: y }, params))
  return rank.filter((place) => place === 1).length / rank.length
})

// Published for features of another scale: on these small ones their rates are far too low.
const slow: ReadonlySet<Name> = new Set(["linear/dino", "linear/vicreg"])

describe.each(names)("the protocol %s", (name) => {
  it.effect("tells the classes apart, whatever is done to the features and wherever they are kept", () =>
    Effect.gen(function* () {
      const floor = slow.has(name) ? 0.5 : 0.8
      const bytes = 300 * 8 * 4
      for (const normalise of ["none", "l2", "standardise"]) {
        expect(yield* accuracy(yield* fit(name, { normalise }), { fitted: { normalise } }), normalise).toBeGreaterThan(
          normalise === "l2" ? 0.5 : floor,
        )
      }
      for (const share of [0.6, 0.2]) {
        const fitted = { memory: (bytes * share) / 1e9 }
        expect(yield* accuracy(yield* fit(name, fitted), { fitted }), `memory ${share}`).toBeGreaterThan(floor)
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("refuses features that are not numbers, and names the image", () =>
    Effect.gen(function* () {
      const data = numbersOf(drawn).slice()
      data[8 * 7 + 2] = Number.NaN
      const error = yield* Effect.flip(fit(name, {}, data))
      expect(error.message).toBe("the features of protocols/7 are not all finite numbers")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("copes with features that are constant", () =>
    Effect.gen(function* () {
      const data = new Float32Array(300 * 8).fill(0.5)
      const probe = yield* fit(name, { normalise: "standardise" }, data)
      // Every image then looks alike: what is seen most often is as good a guess as any.
      expect(yield* accuracy(probe, { data, fitted: { normalise: "standardise" } })).toBeLessThan(0.6)
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})

describe("settings that are swept", () => {
  it.effect("are chosen on a held-out part: C and alpha too", () =>
    Effect.gen(function* () {
      for (const [name, key] of [
        ["logistic", "C"],
        ["ridge", "alpha"],
      ] as const) {
        const probe = yield* fit(name, { [key]: [0.01, 1, 100] })
        const settings: unknown = JSON.parse(probe.settings[0] ?? "")
        expect(settings).toHaveLength(3)
        expect(Object.keys(JSON.parse(probe.setting[0] ?? "{}"))).toEqual([key])
        expect(yield* accuracy(probe)).toBeGreaterThan(0.8)
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("of rates give a final and a best probe, and both predict", () =>
    Effect.gen(function* () {
      const probe = yield* fit("linear/cole", { rate: [1e-4, 0.1, 1], epochs: 20 })
      expect(probe.variant).toEqual(["final", "best"])
      for (const variant of ["final", "best"] as const) expect(yield* accuracy(probe, { variant })).toBeGreaterThan(0.8)
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("do not go with batch norm where there are no batches", () =>
    Effect.gen(function* () {
      for (const name of ["logistic", "ridge", "knn/dino"] as const) {
        const exit = yield* Effect.exit(fit(name, { normalise: "batch-norm" }))
        expect(JSON.stringify(exit)).toContain("normalise")
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})

describe("features in memory as float16", () => {
  it.effect("are refused where they are too large for that", () =>
    Effect.gen(function* () {
      const data = numbersOf(drawn).map((value) => value * 1e6)
      const error = yield* Effect.flip(fit("ridge", { memory: (300 * 8 * 4 * 0.6) / 1e9 }, data))
      expect(error.message).toContain("float16, as which they would fit into memory, ends at 65504")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})

describe("the model's own head", () => {
  it.effect("is the features as they are", () =>
    Effect.gen(function* () {
      const probe = yield* runWhole(
        protocols.head,
        { features: readerOf(Features, features), labels: undefined },
        { protocol: "head" },
      )
      expect(probe.classes).toEqual(Int32Array.of(8))
      const step = yield* openRows(predictFeatures, { probe: readerOf(Probe, probe) }, { top: 1 })
      const { top } = yield* step(features)
      const data = numbersOf(drawn)
      for (const [row, first] of top.entries()) {
        const values = data.subarray(row * 8, row * 8 + 8)
        expect(first[0]).toBe(values.indexOf(Math.max(...values)))
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
