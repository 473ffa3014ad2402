import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as SwAV's code fits it: momentum .9, 100 epochs, batches
 * of 256 (32 on each of 8 GPUs), rate .3 whatever the batch, cosine epoch by
 * epoch, decay 1e-6, weights from N(0, .01²) and bias 0.
 */
export const linearSwav = stage({
  module: import.meta,
  name: "linear/swav",
  source: "Caron et al. 2020, SwAV; facebookresearch/swav, eval_linear.py",
  params: Schema.Struct(
    linearParams("linear/swav", {
      epochs: 100,
      batch: 256,
      rate: 0.3,
      referenceBatch: null,
      decay: 1e-6,
      schedule: "cosine",
      every: "epoch",
      start: "normal",
    }),
  ),
  fit: fitLinear,
})
