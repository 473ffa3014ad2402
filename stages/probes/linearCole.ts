import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier by SGD, as Cole et al. fit it: Nesterov momentum .9, 90
 * epochs, batches of 1024, rate .1 · batch / 256, cosine to 0 step by step, no
 * weight decay, no augmentation. Weights and bias start at 0, so that the first
 * loss is ln(classes); the loss is convex, so the start decides no minimum.
 *
 * `rate` is scaled by the `batch` asked for also where the training set is
 * smaller than one batch. An epoch is then a single step on all rows, of which
 * the gradient has no noise that a lower rate would have to damp, and 90 such
 * steps are few.
 */
export const linearCole = stage({
  module: import.meta,
  name: "linear/cole",
  source: "Cole et al. 2022, When Does Contrastive Visual Representation Learning Work?, CVPR",
  params: Schema.Struct(
    linearParams("linear/cole", {
      epochs: 90,
      batch: 1024,
      rate: 0.1,
      referenceBatch: 256,
      nesterov: true,
      schedule: "cosine",
      every: "step",
      start: "zeros",
    }),
  ),
  fit: fitLinear,
})
