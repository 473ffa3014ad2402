import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as Barlow Twins' code fits it: momentum .9, 100 epochs,
 * batches of 256, rate .3 whatever the batch, cosine epoch by epoch, decay
 * 1e-6, weights from N(0, .01²) and bias 0.
 */
export const linearBarlow = stage({
  module: import.meta,
  name: "linear/barlow",
  source: "Zbontar et al. 2021, Barlow Twins; facebookresearch/barlowtwins, evaluate.py",
  params: Schema.Struct(
    linearParams("linear/barlow", {
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
