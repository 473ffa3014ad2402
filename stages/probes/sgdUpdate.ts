import type { Graph, Value } from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Common, Group } from "./sgdShape.ts"

/** A parameter and its momentum, `[settings, size]` both. */
export interface Moved {
  readonly parameter: Value
  readonly momentum: Value
}

/**
 * The steps of `torch.optim.SGD` on parameters `[settings, size]`: with g the
 * gradient and decay times the parameter,
 *
 *     buffer' = momentum * buffer + g
 *     parameter' = parameter - rate * buffer'
 *
 * and with Nesterov's momentum `parameter - rate * (g + momentum * buffer')`,
 * which is `parameter - pull * buffer' + push * buffer` with pull
 * `rate * (1 + momentum)` and push `rate * momentum`. `factor` is that of the
 * schedule.
 */
export const updater = (g: Graph, common: Common, group: Group, factor: Value) => {
  const { clip, momentum, nesterov, trust } = common
  const scalar = (value: number) => g.constant(Tensor.float32([], [value]))
  const perSetting = (values: ReadonlyArray<number>) => g.constant(Tensor.float32([values.length, 1], values))
  const rates = group.map(({ rate }) => rate)
  const pull = g.op("Mul", [perSetting(rates.map((rate) => (nesterov ? rate * (1 + momentum) : rate))), factor])
  const push = nesterov ? g.op("Mul", [perSetting(rates.map((rate) => rate * momentum)), factor]) : undefined
  const decays = group.some(({ decay }) => decay !== 0) ? perSetting(group.map(({ decay }) => decay)) : undefined
  const m = scalar(momentum)
  const axis = g.constant(Tensor.int64([1], [1]))
  const squares = (value: Value) => g.op("ReduceSumSquare", [value, axis], { keepdims: 1 })

  const decayed = (parameter: Value, gradient: Value) =>
    decays === undefined ? gradient : g.op("Add", [gradient, g.op("Mul", [parameter, decays])])
  const moved = (parameter: Value, before: Value, after: Value): Moved => {
    const pushed = push === undefined ? parameter : g.op("Add", [parameter, g.op("Mul", [before, push])])
    return { parameter: g.op("Sub", [pushed, g.op("Mul", [after, pull])]), momentum: after }
  }
  // LARS as in facebookresearch/moco-v3: the gradient is brought to a share of the parameter's length.
  const trusted = (parameter: Value, gradient: Value, coefficient: number) => {
    const [long, steep] = [squares(parameter), squares(gradient)]
    const ratio = g.op("Mul", [g.op("Sqrt", [g.op("Div", [long, steep])]), scalar(coefficient)])
    const zero = scalar(0)
    const both = g.op("And", [g.op("Greater", [long, zero]), g.op("Greater", [steep, zero])])
    return g.op("Mul", [gradient, g.op("Where", [both, ratio, scalar(1)])])
  }

  return {
    /** One step, given `momentum * buffer + gradient` without the decay. */
    onto: (parameter: Value, before: Value, buffer: Value): Moved =>
      moved(parameter, before, decayed(parameter, buffer)),
    /**
     * One step, given the gradient. The scale and shift of batch norm do not
     * decay; with LARS only a matrix does, and only its gradient is rescaled.
     */
    full: (kind: "matrix" | "bias" | "norm", parameter: Value, before: Value, gradient: Value): Moved => {
      const decay = kind === "matrix" || (kind === "bias" && trust === null)
      const whole = decay ? decayed(parameter, gradient) : gradient
      const scaled = kind === "matrix" && trust !== null ? trusted(parameter, whole, trust) : whole
      return moved(parameter, before, g.op("Add", [g.op("Mul", [before, m]), scaled]))
    },
    /** The gradients of all parameters, each setting's together no longer than `clip` (`clip_grad_norm_`). */
    clip: (gradients: ReadonlyArray<Value>): ReadonlyArray<Value> => {
      if (clip === null) return gradients
      const [first, ...others] = gradients.map(squares)
      if (first === undefined) return gradients
      const length = g.op("Sqrt", [others.reduce((sum, each) => g.op("Add", [sum, each]), first)])
      const ratio = g.op("Div", [scalar(clip), g.op("Add", [length, scalar(1e-6)])])
      const by = g.op("Min", [ratio, scalar(1)])
      return gradients.map((gradient) => g.op("Mul", [gradient, by]))
    },
  }
}
