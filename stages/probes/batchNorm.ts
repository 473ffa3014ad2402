import type { Graph, Value } from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

/** What is added to variances, so that a constant feature divides by no 0 (PyTorch's default). */
const epsilon = 1e-5
/** How much of a batch's statistics enters the running ones (PyTorch's default). */
const share = 0.1

/** Running statistics, both `[1, width]`. */
export interface Running {
  readonly mean: Value
  readonly variance: Value
}

const scaled = (g: Graph, centred: Value, variance: Value) =>
  g.op("Div", [centred, g.op("Sqrt", [g.op("Add", [variance, g.constant(Tensor.float32([], [epsilon]))])])])

/**
 * `torch.nn.BatchNorm1d` in training, without scale and shift: rows
 * `[rows, width]` normalised by their own statistics, of which the running ones
 * take a tenth (of the variance the unbiased one). `count` is the number of
 * rows, float32 `[1]`; of one row the variance is undefined.
 */
export const batchNorm = (g: Graph, rows: Value, count: Value, running: Running) => {
  const axis = g.constant(Tensor.int64([1], [0]))
  const mean = g.op("ReduceMean", [rows, axis], { keepdims: 1 })
  const centred = g.op("Sub", [rows, mean])
  const squares = g.op("ReduceSumSquare", [centred, axis], { keepdims: 1 })
  const moved = (before: Value, now: Value) =>
    g.op("Add", [
      g.op("Mul", [before, g.constant(Tensor.float32([], [1 - share]))]),
      g.op("Mul", [now, g.constant(Tensor.float32([], [share]))]),
    ])
  const unbiased = g.op("Div", [squares, g.op("Sub", [count, g.constant(Tensor.float32([], [1]))])])
  return {
    rows: scaled(g, centred, g.op("Div", [squares, count])),
    mean: moved(running.mean, mean),
    variance: moved(running.variance, unbiased),
  }
}

/** The same after training: rows normalised by the running statistics. */
export const runningNorm = (g: Graph, rows: Value, { mean, variance }: Running): Value =>
  scaled(g, g.op("Sub", [rows, mean]), variance)
