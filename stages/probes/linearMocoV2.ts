import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as MoCo's code fits it: momentum .9, 100 epochs, batches
 * of 256, rate 30 whatever the batch, a tenth of it from epoch 60 and a
 * hundredth from epoch 80, no decay, weights from N(0, .01²) and bias 0.
 *
 * The rate is for MoCo's features, which are small; others diverge with it or
 * end where the last steps leave them.
 */
export const linearMocoV2 = stage({
  module: import.meta,
  name: "linear/moco-v2",
  source: "Chen et al. 2020, MoCo v2; facebookresearch/moco, main_lincls.py",
  params: Schema.Struct(
    linearParams("linear/moco-v2", {
      epochs: 100,
      batch: 256,
      rate: 30,
      referenceBatch: null,
      schedule: "steps",
      every: "epoch",
      milestones: [60, 80],
      start: "normal",
    }),
  ),
  fit: fitLinear,
})
