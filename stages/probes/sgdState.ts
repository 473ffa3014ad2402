import { random } from "../random.ts"
import type { Sgd } from "./sgd.ts"
import { type Common, slotsOf, type State } from "./sgdShape.ts"

/** A linear classifier on features that are normalised, and the statistics that batch norm then divides by. */
export interface Linear {
  /** `[classes, width]` */
  readonly weights: Float32Array
  /** `[classes]` */
  readonly bias: Float32Array
  /** Running mean and variance, `[width]` both. */
  readonly running: { readonly mean: Float32Array; readonly variance: Float32Array } | undefined
}

/** Where a training starts: the same for all settings of one seed. */
export const startOf = (sgd: Sgd, common: Common): State => {
  const { normal, between } = random(`start/${sgd.seed}`)
  const side = 1 / Math.sqrt(common.width)
  const drawn = { zeros: () => 0, normal: () => 0.01 * normal(), uniform: () => between(-side, side) }[sgd.start]
  const fill = (name: string, size: number) => {
    if (name === "weights" || (name === "bias" && sgd.start === "uniform")) {
      return Float32Array.from({ length: size }, drawn)
    }
    return new Float32Array(size).fill(name === "scale" || name === "variance" ? 1 : 0)
  }
  return Object.fromEntries(slotsOf(common).map(({ name, size }) => [name, fill(name, size)]))
}

/** The classifier of a state: the scale and shift of batch norm are folded into weights and bias. */
export const linearOf = (state: State, { classes, width }: Common): Linear => {
  const of = (name: string) => state[name] ?? new Float32Array(0)
  const { mean, scale, shift, variance } = state
  const running = mean === undefined || variance === undefined ? undefined : { mean, variance }
  if (scale === undefined || shift === undefined) return { weights: of("weights"), bias: of("bias"), running }
  const weights = of("weights")
  const bias = Float32Array.from({ length: classes }, (_, c) => {
    const row = weights.subarray(c * width, (c + 1) * width)
    return (of("bias")[c] ?? 0) + row.reduce((sum, weight, i) => sum + weight * (shift[i] ?? 0), 0)
  })
  return { weights: weights.map((weight, at) => weight * (scale[at % width] ?? 1)), bias, running }
}
