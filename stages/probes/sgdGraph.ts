import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Normaliser } from "./normalise.ts"

/** The sizes and constants that an epoch's graph is built for. */
export interface EpochShape {
  readonly width: number
  readonly classes: number
  readonly batch: number
  readonly momentum: number
  /** Weight decay as PyTorch's SGD has it: `decay * weight` is added to the gradient, the bias's too. */
  readonly decay: number
  readonly normaliser: Normaliser
}

/**
 * One epoch of softmax regression by SGD with momentum, as one `Loop`: a run of
 * this graph is an epoch.
 *
 * In: `features` `[rows, width]`, `labels` `[rows]` int32, `order` `[rows]`
 * int32 (a permutation), `steps` int64, `pull` and `push` `[steps]`, and the
 * state `weights`, `weightsMomentum` `[classes, width]`, `bias`,
 * `biasMomentum` `[classes]`. Out: the state after the epoch (`…Next`) and
 * `losses` `[steps]`, the summed cross entropy of each batch.
 *
 * Step t takes rows `order[t * batch]` up to `order[(t + 1) * batch - 1]`; the
 * last batch is what is left over, and its gradient is the mean over the rows
 * it has, as with PyTorch's DataLoader. With g the mean gradient:
 *
 *     buffer' = momentum * buffer + g
 *     weights' = weights - pull[t] * buffer' + push[t] * buffer
 *
 * PyTorch's Nesterov step, `rate * (g + momentum * buffer')`, is
 * `pull = rate * (1 + momentum)` and `push = rate * momentum`; plain momentum
 * is `pull = rate` and `push = 0`. In this form the product of matrices adds
 * onto the scaled buffer itself, which saves passes over the weights.
 */
export const epochGraph = ({ width, classes, batch, momentum, decay, normaliser }: EpochShape): Graph.Graph => {
  const g = Graph.make("epoch")
  const features = g.input("features", "float32", ["rows", width])
  const labels = g.input("labels", "int32", ["rows"])
  const order = g.input("order", "int32", ["rows"])
  const steps = g.input("steps", "int64", [])
  const pull = g.input("pull", "float32", ["steps"])
  const push = g.input("push", "float32", ["steps"])
  const start = [
    g.input("weights", "float32", [classes, width]),
    g.input("weightsMomentum", "float32", [classes, width]),
    g.input("bias", "float32", [classes]),
    g.input("biasMomentum", "float32", [classes]),
  ]
  const axis0 = g.constant(Tensor.int64([1], [0]))
  const batchSize = g.constant(Tensor.int64([1], [batch]))
  const column = g.constant(Tensor.int64([2], [-1, 1]))
  const minusOne = g.constant(Tensor.float32([1, 1], [-1]))
  const decayed = decay === 0 ? undefined : g.constant(Tensor.float32([], [decay]))

  const b = g.body("step")
  const step = b.input("step", "int64", [])
  const going = b.input("going", "bool", [])
  const weights = b.input("weightsNow", "float32", [classes, width])
  const weightsMomentum = b.input("weightsMomentumNow", "float32", [classes, width])
  const bias = b.input("biasNow", "float32", [classes])
  const biasMomentum = b.input("biasMomentumNow", "float32", [classes])

  const from = b.op("Mul", [step, batchSize])
  const chosen = b.op("Slice", [order, from, b.op("Add", [from, batchSize]), axis0])
  const x = normaliser(b, b.op("Gather", [features, chosen]))
  const y = b.op("Reshape", [b.op("Gather", [labels, chosen]), column])
  const rows = b.op("Cast", [b.op("Shape", [chosen])], { to: 1 })

  const logits = b.op("Gemm", [x, weights, bias], { transB: 1 })
  const logProbabilities = b.op("LogSoftmax", [logits], { axis: 1 })
  const hits = b.op("GatherElements", [logProbabilities, y], { axis: 1 })
  const loss = b.op("Neg", [b.op("ReduceSum", [hits], { keepdims: 0 })])
  // The gradient of the mean cross entropy in the logits: (softmax - one-hot) / rows.
  const residual = b.op(
    "ScatterElements",
    [b.op("Exp", [logProbabilities]), y, b.op("Expand", [minusOne, b.op("Shape", [y])])],
    { axis: 1, reduction: "add" },
  )
  const gradient = b.op("Div", [residual, rows])

  const biasGradient = b.op("ReduceSum", [gradient, axis0], { keepdims: 0 })
  const shrunk = (parameter: Graph.Value, gradient: Graph.Value) =>
    decayed === undefined ? gradient : b.op("Add", [gradient, b.op("Mul", [parameter, decayed])])
  const m = b.constant(Tensor.float32([], [momentum]))
  const biasMomentumNext = b.op("Add", [b.op("Mul", [biasMomentum, m]), shrunk(bias, biasGradient)])
  const weightsMomentumNext =
    decayed === undefined
      ? b.op("Gemm", [gradient, x, weightsMomentum], { transA: 1, beta: Graph.float(momentum) })
      : b.op("Gemm", [gradient, x, shrunk(weights, b.op("Mul", [weightsMomentum, m]))], { transA: 1 })

  const pullNow = b.op("Gather", [pull, step])
  const pushNow = b.op("Gather", [push, step])
  const moved = (parameter: Graph.Value, before: Graph.Value, after: Graph.Value) =>
    b.op("Sub", [b.op("Add", [parameter, b.op("Mul", [before, pushNow])]), b.op("Mul", [after, pullNow])])
  b.output("goingNext", b.op("Identity", [going]), "bool", [])
  b.output("weightsNext", moved(weights, weightsMomentum, weightsMomentumNext), "float32", [classes, width])
  b.output("weightsMomentumNext", weightsMomentumNext, "float32", [classes, width])
  b.output("biasNext", moved(bias, biasMomentum, biasMomentumNext), "float32", [classes])
  b.output("biasMomentumNext", biasMomentumNext, "float32", [classes])
  b.output("loss", loss, "float32", [])

  const [weightsEnd, weightsMomentumEnd, biasEnd, biasMomentumEnd, losses] = g.ops(
    "Loop",
    [steps, g.constant(Tensor.bool([], [true])), ...start],
    { body: b },
    5,
  )
  g.output("weightsNext", weightsEnd, "float32", [classes, width])
  g.output("weightsMomentumNext", weightsMomentumEnd, "float32", [classes, width])
  g.output("biasNext", biasEnd, "float32", [classes])
  g.output("biasMomentumNext", biasMomentumEnd, "float32", [classes])
  g.output("losses", losses, "float32", ["steps"])
  return g
}
