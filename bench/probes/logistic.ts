/**
 * Logistic regression of 50,000 x 512 features and 100 classes against
 * scikit-learn's lbfgs, both to the objective's minimum. Run:
 * `npx tsx bench/probes/logistic.ts [rows]`; scikit-learn is Debian's, with two threads.
 */
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLogistic } from "../../stages/probes/logisticFit.ts"
import { inMemory } from "../../stages/probes/Problem.ts"
import { random } from "../../stages/random.ts"
import { services } from "../../test/harness.ts"

const width = 512
const classes = 100
const rows = Number(process.argv[2] ?? 50_000)
const c = 1
const mustReach = 2

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

const { features, labels } = draw()
const problem = inMemory(features, labels, { width, classes })
const before = performance.now()
const { losses } = await Effect.runPromise(
  Effect.gen(function* () {
    const { fit } = yield* openLogistic(problem, (_, x) => x, { tol: 1e-3, iterations: 1000 })
    return yield* fit(c, undefined)
  }).pipe(Effect.scoped, Effect.provide(services())),
)
const seconds = (performance.now() - before) / 1000
console.log(
  `here          ${seconds.toFixed(1)} s, ${losses.length - 1} iterations, objective ${(losses.at(-1) ?? 0) * c * rows}`,
)
const peer = peerOf(features, labels)
if (peer !== undefined) {
  console.log(`scikit-learn  ${peer.seconds.toFixed(1)} s, ${peer.iterations} iterations, objective ${peer.objective}`)
  console.log(`ratio ${(peer.seconds / seconds).toFixed(2)}, to reach ${mustReach}`)
}
