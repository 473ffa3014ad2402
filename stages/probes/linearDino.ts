import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as DINO's code fits it: momentum .9, 100 epochs, batches
 * of 1024 (128 on each of 8 GPUs), rate .001 · batch / 256, cosine epoch by
 * epoch, no decay, weights from N(0, .01²) and bias 0.
 *
 * What the features are is the encoder's part: for ViT-S the class tokens of the
 * last four blocks, for ViT-B that of the last block and the mean of its patches.
 */
export const linearDino = stage({
  module: import.meta,
  name: "linear/dino",
  source: "Caron et al. 2021, DINO; facebookresearch/dino, eval_linear.py",
  params: Schema.Struct(
    linearParams("linear/dino", {
      epochs: 100,
      batch: 1024,
      rate: 0.001,
      referenceBatch: 256,
      schedule: "cosine",
      every: "epoch",
      start: "normal",
    }),
  ),
  fit: fitLinear,
})
