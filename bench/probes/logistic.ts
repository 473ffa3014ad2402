/** Logistic regression against scikit-learn's lbfgs (Debian's, with two threads). */
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLogistic } from "../../stages/probes/logisticFit.ts"
import { inMemory } from "../../stages/probes/Problem.ts"
import { random } from "../../stages/random.ts"
import { services } from "../../test/harness.ts"
import type { Measured } from "./table.ts"

const width = 512
const classes = 100
const rows = 50_000
const c = 1

/** As features of encoders are: not below 0, of different sizes, around a mean of each class. */
const draw = () => {
  const { below, normal } = random("bench/logistic")
  const sizes = Float64Array.from({ length: width }, () => Math.exp(normal() / 2))
  const means = Float64Array.from({ length: classes * width }, normal)
  const labels = Int32Array.from({ length: rows }, () => below(classes))
  const features = new Float32Array(rows * width)
  for (let at = 0; at < features.length; at++) {
    const column = at % width
    const mean = means[(labels[Math.floor(at / width)] ?? 0) * width + column] ?? 0
    features[at] = Math.max(0, (sizes[column] ?? 0) * (0.2 * mean + normal()))
  }
  return { features, labels }
}

const peerOf = (features: Float32Array, labels: Int32Array) => {
  const folder = mkdtempSync(join(tmpdir(), "rankshift-"))
  try {
    writeFileSync(join(folder, "meta.json"), JSON.stringify({ width, classes, fits: [{ C: c, tol: 1e-3 }] }))
    writeFileSync(join(folder, "features.f32"), new Uint8Array(features.buffer))
    writeFileSync(join(folder, "labels.i32"), new Uint8Array(labels.buffer))
    const env = { ...process.env, OPENBLAS_NUM_THREADS: "2", OMP_NUM_THREADS: "2" }
    const script = join(import.meta.dirname, "../peers/logistic.py")
    const said: ReadonlyArray<{ seconds: number; iterations: number; objective: number }> = JSON.parse(
      execFileSync("/usr/bin/python3", [script, folder], { encoding: "utf8", env }),
    )
    return said[0]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const ours = (features: Float32Array, labels: Int32Array) =>
  Effect.gen(function* () {
    const started = performance.now()
    const problem = inMemory(features, labels, { width, classes })
    const { fit } = yield* openLogistic(problem, (_, x) => x, { tol: 1e-3, iterations: 1000 })
    const { losses } = yield* fit(c, undefined)
    const objective = (losses.at(-1) ?? 0) * c * rows
    return { seconds: (performance.now() - started) / 1000, iterations: losses.length - 1, objective }
  }).pipe(Effect.scoped, Effect.provide(services()))

/** 50,000 x 512 features and 100 classes, both to the objective's minimum: the objectives stand in the table. */
export const measure = Effect.gen(function* () {
  const { features, labels } = draw()
  const made = yield* ours(features, labels)
  const peer = yield* Effect.sync(() => peerOf(features, labels))
  const said = ({ iterations, objective, seconds }: typeof made) =>
    `${seconds.toFixed(1)} s, ${iterations} steps to ${objective.toFixed(3)}`
  const found: ReadonlyArray<Measured> = [
    {
      work: `logistic regression, ${rows.toLocaleString("en")} x ${width}, ${classes} classes`,
      measured: said(made),
      peer: peer === undefined ? "scikit-learn is not here" : `scikit-learn ${said(peer)}`,
      ratio: peer === undefined ? undefined : peer.seconds / made.seconds,
      mustReach: "≥ 2",
    },
  ]
  return found
})
