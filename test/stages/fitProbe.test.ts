import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fitProbe, protocols } from "../../stages/fitProbe.ts"
import { predict } from "../../stages/predict.ts"
import { Features, Labels, Probe } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"
import { given, having } from "../nodes.ts"
import { numbersOf, problemOf } from "./probes/reference.ts"

const drawn = problemOf("fit", 120, 6, 3)
const features = { id: drawn.ids, features: { shape: [drawn.width], data: numbersOf(drawn) } }
const labels = { id: drawn.ids, labels: Array.from(drawn.labels, (label) => Int32Array.of(label)) }

type FeatureRows = typeof features
type LabelRows = typeof labels
type Name = keyof typeof protocols

const fit = (name: Name, x: FeatureRows, y: LabelRows, params: object = {}) =>
  runWhole(
    protocols[name],
    { features: readerOf(Features, x), labels: readerOf(Labels, y) },
    { protocol: name, ...params },
  ).pipe(Effect.scoped, Effect.provide(services()))

/** Predictions of a fitted probe on the features that it was fitted on. */
const predicted = (name: Name, probe: Effect.Success<ReturnType<typeof fit>>, params: object = {}) => {
  const known = having()
  const [x, y] = [known.node(Features, features), known.node(Labels, labels)]
  const fitted = known.is(fitProbe({ features: x, labels: y }, { protocol: name, ...params }), probe)
  return known.rows(predict({ probe: fitted, features: x, labels: y }))
}

const labelsOf = (lists: ReadonlyArray<ReadonlyArray<number>>) => ({
  id: drawn.ids.slice(0, lists.length),
  labels: lists.map((list) => Int32Array.from(list)),
})

const refused = (y: LabelRows, params: object = {}, x: FeatureRows = features) =>
  Effect.map(Effect.flip(fit("linear/cole", x, y, params)), (error) => `${error.message}; ${error.hint ?? ""}`)

describe("fitProbe", () => {
  for (const name of ["linear/cole", "knn/dino", "knn/marks"] as const) {
    describe(`by ${name}`, () => {
      it.effect("gives one row, and its scores tell the classes apart", () =>
        Effect.gen(function* () {
          const probe = yield* fit(name, features, labels)
          expect(probe).toMatchObject({
            protocol: [name],
            width: Int32Array.of(6),
            classes: Int32Array.of(3),
          })
          const { rank } = yield* predicted(name, probe)
          expect(rank.filter((place) => place === 1).length / rank.length).toBeGreaterThan(0.8)
        }).pipe(Effect.scoped, Effect.provide(services())),
      )

      it.effect("gives the same bytes again, whatever the order of the labels and the size of batches", () =>
        Effect.gen(function* () {
          const first = yield* fit(name, features, labels)
          const backwards = { id: labels.id.toReversed(), labels: labels.labels.toReversed() }
          expect(yield* fit(name, features, backwards)).toEqual(first)
          const small = { features: readerOf(Features, features, 7), labels: readerOf(Labels, labels, 11) }
          const again = yield* runWhole(protocols[name], small, { protocol: name }).pipe(
            Effect.scoped,
            Effect.provide(services({ cores: 1 })),
          )
          expect(again).toEqual(first)
        }),
      )

      it.effect("leaves out images without a label, and labels without an image", () =>
        Effect.gen(function* () {
          const half = { id: labels.id.slice(0, 60), labels: labels.labels.slice(0, 60) }
          const wanted = yield* fit(
            name,
            { id: drawn.ids.slice(0, 60), features: { shape: [6], data: numbersOf(drawn).subarray(0, 360) } },
            half,
          )
          const none = labels.id.slice(60).map(() => new Int32Array(0))
          expect(yield* fit(name, features, half)).toEqual(wanted)
          expect(yield* fit(name, features, { id: labels.id, labels: [...half.labels, ...none] })).toEqual(wanted)
          const more = { id: [...half.id, "elsewhere"], labels: [...half.labels, Int32Array.of(1)] }
          expect(yield* fit(name, features, more)).toEqual(wanted)
        }),
      )

      it.effect("`classes` adds classes that have no image", () =>
        Effect.gen(function* () {
          const probe = yield* fit(name, features, labels, { classes: 5 })
          expect(probe.classes).toEqual(Int32Array.of(5))
          const { top } = yield* predicted(name, probe, { classes: 5 })
          expect(top[0]).toHaveLength(5)
        }).pipe(Effect.scoped, Effect.provide(services())),
      )

      for (const normalise of ["none", "l2", "standardise"]) {
        it.effect(`normalises features (${normalise}) as it did in training`, () =>
          Effect.gen(function* () {
            const probe = yield* fit(name, features, labels, { normalise })
            const { rank } = yield* predicted(name, probe, { normalise })
            expect(rank.filter((place) => place === 1).length / rank.length).toBeGreaterThan(0.8)
          }).pipe(Effect.scoped, Effect.provide(services())),
        )
      }
    })
  }

  it.effect("another seed is another order of rows", () =>
    Effect.gen(function* () {
      const params = { batch: 16, epochs: 2 }
      const first = yield* fit("linear/cole", features, labels, { ...params, seed: 1 })
      const second = yield* fit("linear/cole", features, labels, { ...params, seed: 2 })
      expect(second.onnx).not.toEqual(first.onnx)
    }),
  )

  it.effect("the curve has a loss an epoch, from ln(classes) down", () =>
    Effect.gen(function* () {
      const { curve } = yield* fit("linear/cole", features, labels)
      const [losses = new Float32Array(0)] = curve
      expect(losses).toHaveLength(90)
      expect(losses[0]).toBeCloseTo(Math.log(3), 5)
      expect(losses[89]).toBeLessThan((losses[0] ?? 0) / 2)
      expect((yield* fit("knn/dino", features, labels)).curve).toEqual([new Float32Array(0)])
    }),
  )

  it.effect("trains on features that are wide enough for a thread of their own", () =>
    Effect.gen(function* () {
      const width = 100_000
      const data = new Float32Array(drawn.rows * width)
      for (let row = 0; row < drawn.rows; row++) data.set(numbersOf(drawn).subarray(row * 6, row * 6 + 6), row * width)
      const wide = yield* fit("linear/cole", { id: drawn.ids, features: { shape: [width], data } }, labels, {
        epochs: 3,
      })
      const narrow = yield* fit("linear/cole", features, labels, { epochs: 3 })
      wide.curve[0]?.forEach((loss, epoch) => expect(loss).toBeCloseTo(narrow.curve[0]?.[epoch] ?? NaN, 4))
    }),
  )
})

describe("fitProbe refuses", () => {
  const nothing = { id: [], features: { shape: [6], data: new Float32Array(0) } }
  const empty = { id: drawn.ids, features: { shape: [0], data: new Float32Array(0) } }
  const cases: ReadonlyArray<readonly [string, () => ReturnType<typeof refused>, ReadonlyArray<string | RegExp>]> = [
    ["a training set without images", () => refused(labels, {}, nothing), ["no features"]],
    [
      "labels of other images",
      () => refused({ ...labels, id: labels.id.map((id) => `x${id}`) }),
      ["none of the 120 images has a label", "the first are xfit/0 and fit/0"],
    ],
    ["empty labels", () => refused({ id: [], labels: [] }), ["the labels are empty"]],
    ["several labels for an image", () => refused(labelsOf([[0], [1], [2, 1]])), ["fit/2 has 2 labels (2, 1)"]],
    [
      "an image that is labelled twice",
      () => refused({ id: ["fit/0", "fit/0"], labels: [Int32Array.of(0), Int32Array.of(1)] }),
      ["fit/0 stands twice"],
    ],
    ["a single class", () => refused(labelsOf([[2], [2], [2]])), ["all 3 labelled images are of class 2"]],
    ["features without numbers", () => refused(labels, {}, empty), ["0 wide"]],
    [
      "a label beyond `classes`",
      () => refused(labels, { classes: 2 }),
      [/label 2 of the image fit\/\d+ is not in 0\.\.1/, "`classes` is 2"],
    ],
    ["a negative label", () => refused(labelsOf([[0], [1], [-1]])), ["label -1 of the image fit/2"]],
    [
      "labels that are no class numbers",
      () => refused(labelsOf([[0], [2 ** 31 - 1]])),
      ["2147483648 classes", "highest label is 2147483647"],
    ],
    [
      "a rate that is too high",
      () => refused(labels, { rate: 1e38 }),
      ["not finite: in epoch", "at a rate of up to 4", "lower `rate`"],
    ],
  ]
  for (const [what, attempt, said] of cases) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const message = yield* attempt()
        for (const words of said) expect(message).toMatch(words)
      }),
    )
  }

  for (const bad of [NaN, Infinity, -Infinity]) {
    it.effect(`${bad} among the features, naming the image`, () =>
      Effect.gen(function* () {
        const data = numbersOf(drawn).slice()
        data[6 * 17 + 3] = bad
        for (const name of ["linear/cole", "knn/dino", "knn/marks"] as const) {
          const error = yield* Effect.flip(fit(name, { id: drawn.ids, features: { shape: [6], data } }, labels))
          expect(error.message).toBe("the features of fit/17 are not all finite numbers")
        }
      }),
    )
  }

  it.effect("params of the wrong kind, at plan time", () =>
    Effect.gen(function* () {
      const wrong = [
        ["linear/cole", { epochs: 0 }, "epochs"],
        ["linear/cole", { rate: 0 }, "rate"],
        ["linear/cole", { k: 20 }, "k"],
        ["linear/cole", { normalise: "batch" }, "normalise"],
        ["knn/dino", { k: 1.5 }, "k"],
        ["knn/dino", { temperature: 0.001 }, "temperature"],
      ] as const
      for (const [name, params, field] of wrong) {
        const decode = Schema.decodeUnknownEffect(protocols[name].params, { onExcessProperty: "error" })
        const error = yield* Effect.flip(decode({ protocol: name, ...params }))
        expect(error.message).toContain(`["${field}"]`)
      }
    }),
  )
})

describe("fitProbe as a function of nodes", () => {
  const inputs = { features: given(Features), labels: given(Labels) }

  it("is linear/cole where no protocol is named", () => {
    expect(fitProbe(inputs).stage).toBe(protocols["linear/cole"])
    expect(fitProbe(inputs).params).toEqual({ protocol: "linear/cole" })
    expect(fitProbe(inputs, { epochs: 10 }).params).toEqual({ protocol: "linear/cole", epochs: 10 })
  })

  it("is the stage of the protocol that is named", () => {
    const node = fitProbe(inputs, { protocol: "knn/dino", k: 10 })
    expect(node.stage).toBe(protocols["knn/dino"])
    expect(node.table).toBe(Probe)
  })

  it("takes the params of one protocol and features where features belong", () => {
    // @ts-expect-error: epochs are no param of neighbours
    expect(fitProbe(inputs, { protocol: "knn/dino", epochs: 3 }).stage).toBe(protocols["knn/dino"])
    // @ts-expect-error: labels are no features
    expect(fitProbe({ features: inputs.labels, labels: inputs.labels }).table).toBe(Probe)
    // @ts-expect-error: there is no such protocol; the schema of the default refuses it at plan time
    expect(fitProbe(inputs, { protocol: "knn/none" }).params).toEqual({ protocol: "knn/none" })
  })

  it("has the code of each protocol in a module of its own, so that a new one makes no probe stale", () => {
    const urls = Object.values(protocols).map((stage) => stage.module.url)
    expect(new Set(urls).size).toBe(urls.length)
    for (const stage of Object.values(protocols)) expect(stage.name).toBe("fitProbe")
  })
})
