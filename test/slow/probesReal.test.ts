import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fitProbe, protocols } from "../../stages/fitProbe.ts"
import { predict } from "../../stages/predict.ts"
import { Features, Labels } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"
import { having } from "../nodes.ts"
import { featuresOf, pictures } from "./cifar.ts"

/** Of the same features: by scikit-learn and PyTorch, as DINO's code does it. In percent of the test images. */
const reference = {
  resnet20: { mean: 0.777349, linear: 91.0, knn: 91.3 },
  resnet56: { mean: 0.76175, linear: 92.1, knn: 92.7 },
} as const
const tolerance = 0.6

const real = process.env["RANKSHIFT_REAL_DATA"]
const archive = join(real ?? "", "cifar10-subset.tar")
const present = real !== undefined && existsSync(archive)
const layer = services()

describe("probes on features of real encoders", () => {
  for (const [model, figures] of Object.entries(reference)) {
    it.effect(
      `${model} on CIFAR-10 gives the reference figures`,
      (context) =>
        Effect.gen(function* () {
          if (!present) return context.skip("RANKSHIFT_REAL_DATA has no cifar10-subset.tar")
          const images = yield* pictures(archive)
          const of = (part: string) =>
            Effect.promise(() =>
              featuresOf(
                join(real, "models", `${model}_cifar10.onnx`),
                images.filter(([path]) => path.startsWith(part)),
              ),
            )
          const train = yield* of("train/")
          const test = yield* of("test/")
          const numbers = train.features.features.data
          expect(numbers.reduce((sum, x) => sum + x, 0) / numbers.length).toBeCloseTo(figures.mean, 4)

          const accuracy = Effect.fnUntraced(function* (name: keyof typeof protocols, params: object = {}) {
            const before = performance.now()
            const probe = yield* runWhole(
              protocols[name],
              { features: readerOf(Features, train.features), labels: readerOf(Labels, train.labels) },
              { protocol: name, ...params },
            )
            const known = having()
            const [x, y] = [known.node(Features, train.features), known.node(Labels, train.labels)]
            const node = known.is(fitProbe({ features: x, labels: y }, { protocol: name, ...params }), probe)
            const [queries, labels] = [known.node(Features, test.features), known.node(Labels, test.labels)]
            const { rank } = yield* known.rows(predict({ probe: node, features: queries, labels }))
            const ranks = [...rank]
            const percent = (100 * ranks.filter((rank) => rank === 1).length) / ranks.length
            const seconds = ((performance.now() - before) / 1000).toFixed(2)
            console.log(`${model} ${name} ${JSON.stringify(params)}: ${percent.toFixed(1)} in ${seconds} s`)
            return percent
          })
          const near = (percent: number, wanted: number) => expect(Math.abs(percent - wanted)).toBeLessThan(tolerance)
          for (const seed of [0, 1, 2]) near(yield* accuracy("linear/cole", { seed }), figures.linear)
          near(yield* accuracy("knn/dino"), figures.knn)
          for (const normalise of ["l2", "standardise"]) yield* accuracy("linear/cole", { normalise })
        }).pipe(Effect.scoped, Effect.provide(layer)),
      120_000,
    )
  }
})
