/** Epochs of training, each beside the bare matrix products that it cannot do without. */
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { Progress } from "../../src/dsl/Services.ts"
import { inMemory } from "../../stages/probes/Problem.ts"
import type { Sgd } from "../../stages/probes/sgd.ts"
import { shared } from "../../stages/probes/shared.ts"
import { sweep } from "../../stages/probes/sweep.ts"
import { random } from "../../stages/random.ts"
import { services } from "../../test/harness.ts"

/** How much is trained. */
export interface Sizes {
  readonly rows: number
  readonly width: number
  readonly classes: number
  readonly batch: number
}

const threads = 2

/** Numbers from [0, 1), as features are after a ReLU. */
export const features = (rows: number, width: number): Float32Array => {
  const data = shared(rows * width)
  const { next } = random("features")
  // A drawn block over and over: drawing all would take longer than training.
  const block = Float32Array.from({ length: 1 << 20 }, next)
  for (let at = 0; at < data.length; at += block.length) data.set(block.subarray(0, data.length - at), at)
  return data
}

/** SGD as `linear/cole` has it, and without Nesterov's momentum as `linear/dinov2` sweeps. */
const settingsOf = (rates: ReadonlyArray<number>, batch: number, epochs: number, nesterov: boolean): Sgd => ({
  settings: rates.map((rate) => ({ rate, decay: 0 })),
  epochs,
  stepsPerEpoch: null,
  batch,
  momentum: 0.9,
  nesterov,
  clip: null,
  trust: null,
  batchNorm: "none",
  schedule: { shape: "cosine", every: "step", warmUp: 0, milestones: [], factor: 0.1 },
  start: "zeros",
  seed: 0,
})

/** The logits' and the gradient's product, step after step on one batch; either way that a matrix may lie. */
const bareGraph = ({ batch, width }: Sizes, outputs: number, steps: number, tall: boolean) => {
  const g = Graph.make("bare")
  const x = g.input("x", "float32", [batch, width])
  const weights = g.input("weights", "float32", [outputs, width])
  const errors = g.input("errors", "float32", tall ? [outputs, batch] : [batch, outputs])
  const first = g.constant(Tensor.int64([], [0]))
  const b = g.body("step")
  b.input("step", "int64", [])
  const going = b.input("going", "bool", [])
  const sum = b.input("sum", "float32", [])
  // A number of each product is used, so that neither is left out.
  const used = (product: Graph.Value) => b.op("ReduceSum", [b.op("Gather", [product, first])], { keepdims: 0 })
  const logits = tall ? b.op("Gemm", [weights, x], { transB: 1 }) : b.op("Gemm", [x, weights], { transB: 1 })
  const slope = tall ? b.op("Gemm", [errors, x]) : b.op("Gemm", [errors, x], { transA: 1 })
  b.output("goingNext", b.op("Identity", [going]), "bool", [])
  b.output("sumNext", b.op("Add", [sum, b.op("Add", [used(logits), used(slope)])]), "float32", [])
  const start = [g.constant(Tensor.int64([], [steps])), g.constant(Tensor.bool([], [true]))]
  const [end] = g.ops("Loop", [...start, g.constant(Tensor.float32([], [0]))], { body: b }, 1)
  g.output("sum", end, "float32", [])
  return g
}

/** Milliseconds of one epoch's products, in the layout that is the faster one before anything is compared. */
const bare = Effect.fnUntraced(function* (sizes: Sizes, outputs: number, data: Float32Array) {
  const { batch, rows, width } = sizes
  const steps = Math.ceil(rows / batch)
  const filled = (length: number) => {
    const made = shared(length)
    for (let at = 0; at < length; at += data.length) made.set(data.subarray(0, length - at), at)
    return made
  }
  const [x, weights, errors] = [filled(batch * width), filled(outputs * width), filled(outputs * batch)]
  const layouts = yield* Effect.forEach(
    [false, true],
    Effect.fnUntraced(function* (tall) {
      const session = yield* Session.open(yield* bareGraph(sizes, outputs, steps, tall).bytes, { threads })
      yield* session.hold({
        x: Tensor.float32([batch, width], x),
        weights: Tensor.float32([outputs, width], weights),
        errors: Tensor.float32(tall ? [outputs, batch] : [batch, outputs], errors),
      })
      return session
    }),
  )
  const timed = (session: Session.Session) =>
    Effect.gen(function* () {
      const before = performance.now()
      yield* session.run({}, { sum: "float32" })
      return performance.now() - before
    })
  const trials = yield* Effect.forEach([...layouts, ...layouts, ...layouts], timed)
  // The first run of each warms up.
  const [rows1 = 0, tall1 = 0, rows2 = 0, tall2 = 0] = trials.slice(2)
  const [rowWise, tall] = layouts
  const faster = Math.min(rows1, rows2) <= Math.min(tall1, tall2) ? rowWise : tall
  return faster === undefined ? Effect.succeed(NaN) : timed(faster)
})

/** Milliseconds of each epoch but the first, and of the bare products right after it. */
export const epochs = Effect.fnUntraced(
  function* (sizes: Sizes, rates: ReadonlyArray<number>, count: number) {
    const { batch, classes, rows, width } = sizes
    const data = features(rows, width)
    const labels = Int32Array.from({ length: rows }, (_, row) => row % classes)
    const products = yield* bare(sizes, classes * rates.length, data)
    const found: Array<{ readonly epoch: number; readonly bare: number }> = []
    let before = performance.now()
    const timed = Progress.of({
      report: () =>
        Effect.gen(function* () {
          const epoch = performance.now() - before
          found.push({ epoch, bare: yield* Effect.orDie(products) })
          before = performance.now()
        }),
    })
    const training = inMemory(data, labels, { width, classes })
    const task = {
      training,
      heldOut: undefined,
      normaliser: (_: unknown, x: Graph.Value) => x,
      identity: {},
      giveUp: true,
    }
    yield* sweep(task, settingsOf(rates, batch, count + 1, rates.length === 1)).pipe(
      Effect.provideService(Progress, timed),
    )
    return found.slice(1)
  },
  Effect.scoped,
  Effect.provide(services({ cores: threads })),
)

/** PyTorch's samples a second for the same training; undefined where there is none. */
export const torch = ({ batch, classes, rows, width }: Sizes, count: number) =>
  Effect.tryPromise(async () => {
    const sizes = [rows, width, classes, batch, count].map(String)
    const environment = { ...process.env, OMP_NUM_THREADS: "2", OPENBLAS_NUM_THREADS: "2" }
    const script = new URL("../peers/torch_linear.py", import.meta.url).pathname
    const { stdout } = await promisify(execFile)("/usr/bin/python3", [script, ...sizes], { env: environment })
    return Number(stdout)
  }).pipe(Effect.orElseSucceed(() => undefined))
