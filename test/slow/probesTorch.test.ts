import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { protocols } from "../../stages/fitProbe.ts"
import { predictFeatures } from "../../stages/probes/predictFeatures.ts"
import { permutation } from "../../stages/probes/permutation.ts"
import type { Sgd } from "../../stages/probes/sgd.ts"
import { linearOf, startOf } from "../../stages/probes/sgdState.ts"
import { sweep, type Task } from "../../stages/probes/sweep.ts"
import { Features, Labels, Probe } from "../../stages/tables.ts"
import { cut, openRows, readerOf, runWhole, services } from "../harness.ts"
import { clouds, constant, farthest, numbersOf, short } from "../stages/probes/sgdReference.ts"
import { featuresOf, pictures } from "./cifar.ts"
import { askTorch, hasTorch } from "./torch.ts"

const torch = hasTorch()
const missing = "there is no PyTorch at /usr/bin/python3"
const numbers = Schema.Array(Schema.Finite)
const Curves = Schema.Array(
  Schema.Struct({ losses: numbers, weights: numbers, bias: numbers, running: Schema.Array(numbers) }),
)

describe("loss curves", () => {
  const plain: Sgd = {
    ...short,
    settings: [
      { rate: 0.1, decay: 0 },
      { rate: 0.4, decay: 0.01 },
    ],
    epochs: 6,
    batch: 64,
    nesterov: false,
    schedule: constant,
    start: "normal",
    seed: 3,
  }
  const cases: Readonly<Record<string, Partial<Sgd>>> = {
    "plain momentum, with and without decay": {},
    "Nesterov's momentum": { nesterov: true },
    "cosine by steps": { schedule: { ...constant, shape: "cosine", every: "step" } },
    "cosine by epochs": { schedule: { ...constant, shape: "cosine" } },
    "warm-up by epochs": { schedule: { ...constant, shape: "cosine", warmUp: 2 } },
    "warm-up by steps": { schedule: { ...constant, shape: "cosine", every: "step", warmUp: 1 } },
    milestones: { schedule: { ...constant, shape: "steps", milestones: [2, 4] } },
    clipping: { clip: 0.5 },
    LARS: { trust: 0.01, settings: [{ rate: 1, decay: 0.01 }] },
    "batch norm": { batchNorm: "plain" },
    "batch norm with scale and shift": { batchNorm: "affine", nesterov: true, start: "uniform" },
    "epochs of some steps": { stepsPerEpoch: 5 },
  }
  for (const [name, changes] of Object.entries(cases)) {
    it.effect(`of ${name} are PyTorch's, step by step`, (context) =>
      Effect.gen(function* () {
        if (!torch) return context.skip(missing)
        const sgd = { ...plain, ...changes }
        const problem = clouds("torch", 403, 12, 5)
        const common = { ...sgd, width: problem.width, classes: problem.classes }
        const { bias, weights } = startOf(sgd, common)
        const orders = new Int32Array(sgd.epochs * problem.rows)
        for (let pass = 0; pass < sgd.epochs; pass++) {
          orders.set(permutation(problem.rows, sgd.seed, pass), pass * problem.rows)
        }
        const features = numbersOf(problem)
        const asked = { ...common, features, labels: problem.labels, orders, weights, bias }
        const wanted = yield* Effect.flatMap(
          Effect.promise(() => askTorch("sgd.py", asked)),
          Schema.decodeUnknownEffect(Curves),
        )
        const task: Task = {
          training: problem,
          heldOut: undefined,
          normaliser: (_, x) => x,
          identity: {},
          giveUp: true,
        }
        const made = yield* sweep(task, sgd).pipe(Effect.provide(services()))
        expect(made).toHaveLength(wanted.length)
        made.forEach(({ trained }, i) => {
          const linear = linearOf(trained.state, common)
          expect(farthest(trained.losses, wanted[i]?.losses ?? [])).toBeLessThan(1e-3)
          expect(farthest(linear.weights, wanted[i]?.weights ?? [])).toBeLessThan(1e-3)
          expect(farthest(linear.bias, wanted[i]?.bias ?? [])).toBeLessThan(1e-3)
          const running = linear.running === undefined ? [] : [linear.running.mean, linear.running.variance]
          expect(running).toHaveLength(wanted[i]?.running.length ?? 0)
          running.forEach((found, at) => expect(farthest(found, wanted[i]?.running[at] ?? [])).toBeLessThan(1e-3))
        })
      }),
    )
  }
})

describe("linear protocols on features of real encoders", () => {
  const real = process.env["RANKSHIFT_REAL_DATA"]
  const archive = join(real ?? "", "cifar10-subset.tar")
  const present = real !== undefined && existsSync(archive)
  const tolerance = 0.6
  const mean = (values: ReadonlyArray<number>) => values.reduce((sum, x) => sum + x, 0) / values.length

  for (const model of ["resnet20", "resnet56"]) {
    it.effect(
      `are within ${tolerance} points of PyTorch's, on ${model}`,
      (context) =>
        Effect.gen(function* () {
          if (!torch) return context.skip(missing)
          if (!present) return context.skip("RANKSHIFT_REAL_DATA has no cifar10-subset.tar")
          const images = yield* pictures(archive)
          const file = join(real, "models", `${model}_cifar10.onnx`)
          const of = (part: string) =>
            Effect.promise(() =>
              featuresOf(
                file,
                images.filter(([path]) => path.startsWith(part)),
              ),
            )
          const train = yield* of("train/")
          const test = yield* of("test/")
          const classOf = (labels: ReadonlyArray<Int32Array>) => Int32Array.from(labels, (label) => label[0] ?? -1)
          const data = {
            features: train.features.features.data,
            labels: classOf(train.labels.labels),
            testFeatures: test.features.features.data,
            testLabels: classOf(test.labels.labels),
            width: 64,
            classes: 10,
          }
          const accuracy = Effect.fnUntraced(function* (name: keyof typeof protocols, seed: number) {
            const probe = yield* runWhole(
              protocols[name],
              { features: readerOf(Features, train.features), labels: readerOf(Labels, train.labels) },
              { protocol: name, seed },
            )
            const labels = readerOf(Labels, test.labels)
            const step = yield* openRows(predictFeatures, { probe: readerOf(Probe, probe), labels })
            const made = yield* Effect.forEach(cut(Features, test.features), step)
            const ranks = made.flatMap(({ rank }) => [...rank])
            return (100 * ranks.filter((rank) => rank === 1).length) / ranks.length
          })
          const names = Object.keys(protocols).filter((name): name is keyof typeof protocols =>
            name.startsWith("linear/"),
          )
          const far: Array<string> = []
          for (const protocol of names) {
            // 13 rates of 12,500 steps are a minute for PyTorch: one seed, one encoder.
            const sweeps = protocol === "linear/dinov2"
            if (sweeps && model !== "resnet20") continue
            const seeds = sweeps ? [0] : [0, 1, 2]
            const found = yield* Effect.promise(() => askTorch("linear.py", { ...data, protocol, seeds }))
            const wanted = yield* Schema.decodeUnknownEffect(numbers)(found)
            const made = yield* Effect.forEach(seeds, (seed) => accuracy(protocol, seed))
            const said = `${protocol} ${made.join(" ")} (PyTorch ${wanted.map((x) => x.toFixed(1)).join(" ")})`
            console.log(`${model} ${said}`)
            if (Math.abs(mean(made) - mean(wanted)) > tolerance) far.push(said)
          }
          expect(far).toEqual([])
        }).pipe(Effect.scoped, Effect.provide(services())),
      900_000,
    )
  }
})
