import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as SimCLR's code fits it on ImageNet: Nesterov momentum
 * .9, 90 epochs, batches of 4096, rate .1 · batch / 256, cosine step by step
 * without warm-up, decay 1e-6 on weights and bias (0 in its command for
 * CIFAR-10), start at 0 (`zero_init_logits_layer`).
 *
 * The code drops what is left over of a pass and counts steps over all passes;
 * here the last batch of a pass is what is left.
 */
export const linearSimclr = stage({
  module: import.meta,
  name: "linear/simclr",
  source:
    "Chen et al. 2020, SimCLR; google-research/simclr, README and run.py: fine-tuning the linear head on ImageNet",
  params: Schema.Struct(
    linearParams("linear/simclr", {
      epochs: 90,
      batch: 4096,
      rate: 0.1,
      referenceBatch: 256,
      decay: 1e-6,
      nesterov: true,
      schedule: "cosine",
      every: "step",
      start: "zeros",
    }),
  ),
  fit: fitLinear,
})
