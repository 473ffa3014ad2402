import * as Effect from "effect/Effect"
import { Cores } from "../../../src/dsl/Services.ts"
import { StageError } from "../../../src/dsl/StageError.ts"
import type * as Graph from "../../../src/onnx/Graph.ts"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import type { Patches } from "./patches.ts"

/**
 * Opens a graph of these encoders' own making and gives its `run`, one core at
 * a time: sums are then the same whatever the number of cores. What is held is
 * fed to every run.
 */
export const opened = Effect.fnUntraced(function* (g: Graph.Graph, held: Session.Tensors = {}) {
  const cores = yield* Cores
  const failed = ({ message }: Session.SessionError) => new StageError({ message: `onnxruntime: ${message}` })
  const session = yield* Effect.mapError(Session.open(yield* g.bytes), failed)
  yield* Effect.mapError(session.hold(held), failed)
  return <const W extends Session.Wanted>(feeds: Session.Tensors, wanted: W) =>
    cores.use(1)(Effect.mapError(session.run(feeds, wanted), failed))
})

/** The patches as a tensor. */
export const tensorOf = ({ count, data, width }: Patches) => Tensor.float32([count, width], data)

/** Adds the mean of rows `[count, width]` and their covariance (that of the population) as outputs. */
export const addMoments = (g: Graph.Graph, rows: Graph.Value, { count, width }: Patches): void => {
  const mean = g.op("ReduceMean", [rows, g.constant(Tensor.int64([1], [0]))], { keepdims: 1 })
  const centred = g.op("Sub", [rows, mean])
  const products = g.op("Gemm", [centred, centred], { transA: 1 })
  g.output("mean", mean, "float32", [1, width])
  g.output("covariance", g.op("Div", [products, g.constant(Tensor.float32([], [count]))]), "float32", [width, width])
}
