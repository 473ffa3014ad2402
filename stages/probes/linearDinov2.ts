import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as DINOv2's code fits it: 13 rates from 1e-5 to .1, each
 * · batch / 256, momentum .9, 10 epochs of 1250 steps whatever the size of the
 * training set, batches of 1024 (128 on each of 8 GPUs), cosine step by step, no
 * decay, weights from N(0, .01²) and bias 0.
 *
 * The code chooses among the rates by the accuracy on the validation set; here a
 * tenth of the training set is held out for that. It also sweeps over what the
 * features are (one or four blocks, with and without the patches' mean): that
 * is the encoder's part. Its batches go on from one pass to the next; here the
 * last batch of a pass is what is left.
 */
export const linearDinov2 = stage({
  module: import.meta,
  name: "linear/dinov2",
  source: "Oquab et al. 2023, DINOv2; facebookresearch/dinov2, dinov2/eval/linear.py",
  params: Schema.Struct(
    linearParams("linear/dinov2", {
      epochs: 10,
      stepsPerEpoch: 1250,
      batch: 1024,
      rate: [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1],
      referenceBatch: 256,
      schedule: "cosine",
      every: "step",
      start: "normal",
    }),
  ),
  fit: fitLinear,
})
