/** Logistic and ridge regression against scikit-learn's, on features of a real encoder and on drawn ones. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLogistic } from "../../stages/probes/logisticFit.ts"
import type { Normaliser } from "../../stages/probes/normalise.ts"
import { inMemory } from "../../stages/probes/Problem.ts"
import { openRidge } from "../../stages/probes/ridgeFit.ts"
import { random } from "../../stages/random.ts"
import { services } from "../harness.ts"
import { featuresOf, pictures } from "./cifar.ts"

const python = "/usr/bin/python3"
const script = join(import.meta.dirname, "../../bench/peers/logistic.py")
const real = process.env["RANKSHIFT_REAL_DATA"]
const archive = join(real ?? "", "cifar10-subset.tar")

const has = (): boolean => {
  try {
    execFileSync(python, ["-c", "import sklearn"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
const peer = has()

interface Drawn {
  readonly features: Float32Array
  readonly labels: Int32Array
  readonly width: number
  readonly classes: number
}
interface Answer {
  readonly objective: number
  readonly weights: ReadonlyArray<number>
  readonly bias: ReadonlyArray<number>
}

const ask = (drawn: Drawn, fits: ReadonlyArray<object>): ReadonlyArray<Answer> => {
  const folder = mkdtempSync(join(tmpdir(), "rankshift-"))
  try {
    const { classes, features, labels, width } = drawn
    writeFileSync(join(folder, "meta.json"), JSON.stringify({ width, classes, fits, coefficients: true }))
    writeFileSync(
      join(folder, "features.f32"),
      new Uint8Array(features.buffer, features.byteOffset, features.byteLength),
    )
    writeFileSync(join(folder, "labels.i32"), new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength))
    const env = { ...process.env, OPENBLAS_NUM_THREADS: "2", OMP_NUM_THREADS: "2" }
    return JSON.parse(execFileSync(python, [script, folder], { encoding: "utf8", env, maxBuffer: 2 ** 28 }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const draw = (name: string, rows: number, width: number, classes: number, apart: number): Drawn => {
  const { below, normal } = random(name)
  const labels = Int32Array.from({ length: rows }, (_, row) => (row < classes ? row : below(classes)))
  const means = Array.from({ length: classes * width }, normal)
  const features = Float32Array.from(
    { length: rows * width },
    (_, at) => 1 + apart * (means[(labels[Math.floor(at / width)] ?? 0) * width + (at % width)] ?? 0) + normal(),
  )
  return { features, labels, width, classes }
}

const farthest = (a: ArrayLike<number>, b: ReadonlyArray<number>) =>
  b.reduce((most, x, i) => Math.max(most, Math.abs(x - (a[i] ?? NaN))), 0)

const none: Normaliser = (_, features) => features

const compare = (drawn: Drawn, cs: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const problem = inMemory(drawn.features, drawn.labels, drawn)
    const theirs = ask(drawn, [...cs.map((C) => ({ C, tol: 1e-7 })), { alpha: 1 }])
    const { fit } = yield* openLogistic(problem, none, { tol: 1e-4, iterations: 1000 })
    for (const [at, c] of cs.entries()) {
      const { linear, losses, stopped } = yield* fit(c, undefined)
      expect(stopped).toBeUndefined()
      const ours = (losses.at(-1) ?? NaN) * c * problem.rows
      const { objective = NaN, weights = [] } = theirs[at] ?? {}
      console.log(
        `C ${c}: ${ours}, ${objective} by scikit-learn; coefficients within ${farthest(linear.weights, weights)}`,
      )
      expect((ours - objective) / objective).toBeLessThan(1e-6)
      // scikit-learn stops early by its own rule where its objective is higher than ours.
      if ((objective - ours) / objective < 1e-8) expect(farthest(linear.weights, weights)).toBeLessThan(1e-3)
    }
    const solve = yield* openRidge(problem, none)
    const { bias, weights } = yield* solve(1)
    expect(farthest(weights, theirs.at(-1)?.weights ?? [])).toBeLessThan(1e-6)
    expect(farthest(bias, theirs.at(-1)?.bias ?? [])).toBeLessThan(1e-5)
  }).pipe(Effect.scoped, Effect.provide(services()))

describe("logistic and ridge regression give scikit-learn's optimum", () => {
  for (const [name, rows, width, classes, apart] of [
    ["overlapping", 400, 12, 4, 0.5],
    ["separable", 200, 20, 3, 3],
    ["wide", 60, 150, 3, 1],
  ] as const) {
    it.effect(`on drawn features: ${name}`, (context) =>
      peer
        ? compare(draw(name, rows, width, classes, apart), [0.01, 1, 10, 1000, 1_000_000])
        : Effect.sync(() => context.skip(`${python} has no sklearn`)),
    )
  }

  it.effect(
    "on features of a real encoder",
    (context) =>
      Effect.gen(function* () {
        if (!peer) return context.skip(`${python} has no sklearn`)
        if (real === undefined || !existsSync(archive)) {
          return context.skip("RANKSHIFT_REAL_DATA has no cifar10-subset.tar")
        }
        const images = yield* pictures(archive)
        const train = images.filter(([path]) => path.startsWith("train/"))
        for (const model of ["resnet20", "resnet56"]) {
          const made = yield* Effect.promise(() => featuresOf(join(real, "models", `${model}_cifar10.onnx`), train))
          const features = made.features.features.data
          const labels = Int32Array.from(made.labels.labels, ([label]) => label ?? 0)
          yield* compare({ features, labels, width: 64, classes: 10 }, [0.01, 0.1, 1, 10])
        }
      }),
    300_000,
  )
})
