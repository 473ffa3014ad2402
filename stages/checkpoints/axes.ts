/** Weights seen along other axes, without touching their numbers. */
import type { Weight } from "./Weight.ts"

/** The axes in another order. */
export const permuted = (weight: Weight, order: ReadonlyArray<number>): Weight => ({
  ...weight,
  shape: order.map((axis) => weight.shape[axis] ?? 1),
  strides: order.map((axis) => weight.strides[axis] ?? 0),
})

/** A kernel `[height, width, in, out]` as `[out, in, height, width]`; what has other axes stays as it is. */
export const kernel = (weight: Weight): Weight => (weight.shape.length === 4 ? permuted(weight, [3, 2, 0, 1]) : weight)

/** A matrix `[in, out]` as `[out, in]`. */
export const transposed = (weight: Weight): Weight => (weight.shape.length === 2 ? permuted(weight, [1, 0]) : weight)

/** `[1, 1, 1, channels]` as `[channels]`. */
export const flat = (weight: Weight): Weight =>
  weight.shape.slice(0, -1).every((side) => side === 1) ? permuted(weight, [weight.shape.length - 1]) : weight
