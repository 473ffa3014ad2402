/**
 * Samples a second of the training epoch, 2048 features to 1000 classes in
 * batches of 1024, against the two bare matrix products that such a step
 * cannot do without. Run: `npx tsx bench/probe.ts [rows] [epochs]`.
 */
import * as Effect from "effect/Effect"
import { availableParallelism } from "node:os"
import * as Graph from "../src/onnx/Graph.ts"
import * as Session from "../src/onnx/Session.ts"
import * as Tensor from "../src/onnx/Tensor.ts"
import { Progress } from "../src/dsl/Services.ts"
import { shared } from "../stages/probes/shared.ts"
import { train } from "../stages/probes/sgd.ts"
import { services } from "../test/harness.ts"

const width = 2048
const classes = 1000
const batch = 1024
const rows = Number(process.argv[2] ?? 16384)
const epochs = Number(process.argv[3] ?? 4)
const threads = availableParallelism()

const features = shared(rows * width)
for (let i = 0; i < features.length; i++) features[i] = Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1
const labels = Int32Array.from({ length: rows }, (_, i) => i % classes)

const report = (what: string, milliseconds: number) => {
  const rate = rows / (milliseconds / 1000)
  const flops = (4 * width * classes * rate) / 1e9
  console.log(`${what.padEnd(12)} ${rate.toFixed(0).padStart(7)} samples/s  ${flops.toFixed(0).padStart(4)} GFLOP/s`)
}

/** The logits' and the gradient's product, step after step on one batch. */
const bareGraph = () => {
  const g = Graph.make("bare")
  const x = g.input("x", "float32", [batch, width])
  const weights = g.input("weights", "float32", [classes, width])
  const gradient = g.input("gradient", "float32", [batch, classes])
  const steps = g.input("steps", "int64", [])
  const first = g.constant(Tensor.int64([], [0]))
  const b = g.body("step")
  b.input("step", "int64", [])
  const going = b.input("going", "bool", [])
  const sum = b.input("sum", "float32", [])
  // A number of each product is used, so that neither is left out.
  const used = (product: Graph.Value) => b.op("ReduceSum", [b.op("Gather", [product, first])], { keepdims: 0 })
  const logits = b.op("Gemm", [x, weights], { transB: 1 })
  const update = b.op("Gemm", [gradient, x], { transA: 1 })
  b.output("goingNext", b.op("Identity", [going]), "bool", [])
  b.output("sumNext", b.op("Add", [sum, b.op("Add", [used(logits), used(update)])]), "float32", [])
  const [end] = g.ops(
    "Loop",
    [steps, g.constant(Tensor.bool([], [true])), g.constant(Tensor.float32([], [0]))],
    { body: b },
    1,
  )
  g.output("sum", end, "float32", [])
  return g
}

const bare = Effect.gen(function* () {
  const session = yield* Session.open(yield* bareGraph().bytes, { threads })
  yield* session.hold({
    x: Tensor.float32([batch, width], features.slice(0, batch * width)),
    weights: Tensor.float32([classes, width], features.slice(0, classes * width)),
    gradient: Tensor.float32([batch, classes], features.slice(0, batch * classes)),
    steps: Tensor.int64([], [Math.ceil(rows / batch)]),
  })
  for (let i = 0; i < epochs; i++) {
    const before = performance.now()
    yield* session.run({}, { sum: "float32" })
    report("bare Gemm", performance.now() - before)
  }
})

const training = Effect.gen(function* () {
  let before = performance.now()
  const timed = Progress.of({
    report: () =>
      Effect.sync(() => {
        report("epoch", performance.now() - before)
        before = performance.now()
      }),
  })
  const problem = { ids: [], features, labels, rows, width, classes }
  const settings = { epochs, batch, rate: 0.1, schedule: () => 1, momentum: 0.9, nesterov: true, decay: 0, seed: 0 }
  const { curve } = yield* train(problem, (_, x) => x, settings).pipe(Effect.provideService(Progress, timed))
  console.log(`loss ${[...curve].map((loss) => loss.toFixed(4)).join(" ")}`)
})

await Effect.runPromise(
  Effect.andThen(bare, training).pipe(Effect.scoped, Effect.provide(services({ cores: threads }))),
)
