import * as Effect from "effect/Effect"
import { Progress } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Normaliser } from "./normalise.ts"
import { open } from "./numeric.ts"
import { permutation } from "./permutation.ts"
import type { Problem } from "./Problem.ts"
import { epochGraph } from "./sgdGraph.ts"

/** Settings of SGD as PyTorch's optimiser and DataLoader (shuffled, the last batch kept) have them. */
export interface Sgd {
  readonly epochs: number
  /** Rows a step; the last step of an epoch takes what is left. */
  readonly batch: number
  /** The rate where the schedule is 1. */
  readonly rate: number
  /** What the rate is multiplied by: `progress` is the number of steps done over that of all steps. */
  readonly schedule: (progress: number) => number
  readonly momentum: number
  readonly nesterov: boolean
  /** Added to the gradient times the weight; the bias decays too. */
  readonly decay: number
  /** Orders the rows of each epoch. */
  readonly seed: number
}

/** A linear classifier's parameters. */
export interface Linear {
  /** `[classes, width]` */
  readonly weights: Float32Array
  /** `[classes]` */
  readonly bias: Float32Array
  /** Mean cross entropy of each epoch's rows, each measured just before the step that uses it. */
  readonly curve: Float32Array
}

const diverged = (epoch: number, sgd: Sgd) =>
  new StageError({
    message: `the training loss is not finite in epoch ${epoch + 1} of ${sgd.epochs}, at a rate of up to ${sgd.rate}`,
    hint: 'lower `rate`, or bring the features to one scale: `normalise: "standardise"`',
  })

/**
 * Softmax regression by SGD, weights and bias starting at 0. One run of the
 * numeric engine is an epoch; the features are handed over once.
 */
export const train = Effect.fnUntraced(function* (problem: Problem, normaliser: Normaliser, sgd: Sgd) {
  const { classes, rows, width } = problem
  const { batch, epochs, momentum } = sgd
  const progress = yield* Progress
  const steps = Math.ceil(rows / batch)
  const graph = epochGraph({ width, classes, batch, momentum, decay: sgd.decay, normaliser })
  const engine = yield* open(yield* graph.bytes, {
    failure: "the probe cannot be trained",
    work: 2 * rows * width * classes,
  })
  yield* engine.hold({
    features: Tensor.float32([rows, width], problem.features),
    labels: Tensor.int32([rows], problem.labels),
    steps: Tensor.int64([], [steps]),
  })
  let state = {
    weights: Tensor.float32([classes, width], new Float32Array(classes * width)),
    weightsMomentum: Tensor.float32([classes, width], new Float32Array(classes * width)),
    bias: Tensor.float32([classes], new Float32Array(classes)),
    biasMomentum: Tensor.float32([classes], new Float32Array(classes)),
  }
  const curve = new Float32Array(epochs)
  const type = "float32"
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rates = Float32Array.from(
      { length: steps },
      (_, step) => sgd.rate * sgd.schedule((epoch * steps + step) / (epochs * steps)),
    )
    const next = yield* engine.run(
      {
        ...state,
        order: Tensor.int32([rows], permutation(rows, sgd.seed, epoch)),
        pull: Tensor.float32([steps], sgd.nesterov ? rates.map((rate) => rate * (1 + momentum)) : rates),
        push: Tensor.float32([steps], sgd.nesterov ? rates.map((rate) => rate * momentum) : new Float32Array(steps)),
      },
      { weightsNext: type, weightsMomentumNext: type, biasNext: type, biasMomentumNext: type, losses: type },
    )
    const loss = next.losses.data.reduce((sum, each) => sum + each, 0) / rows
    if (!Number.isFinite(loss)) return yield* diverged(epoch, sgd)
    curve[epoch] = loss
    state = {
      weights: next.weightsNext,
      weightsMomentum: next.weightsMomentumNext,
      bias: next.biasNext,
      biasMomentum: next.biasMomentumNext,
    }
    yield* progress.report(epoch + 1, epochs, "epochs")
  }
  const linear: Linear = { weights: state.weights.data, bias: state.bias.data, curve }
  return linear
}, Effect.scoped)
