import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as VICReg's README fits it: momentum .9, 100 epochs,
 * batches of 256, rate .02 whatever the batch, cosine epoch by epoch, decay
 * 1e-6, weights from N(0, .01²) and bias 0. `evaluate.py` has .3 where no rate
 * is given; the command of the README that its figures are by gives .02.
 */
export const linearVicreg = stage({
  module: import.meta,
  name: "linear/vicreg",
  source: "Bardes et al. 2022, VICReg; facebookresearch/vicreg, README and evaluate.py",
  params: Schema.Struct(
    linearParams("linear/vicreg", {
      epochs: 100,
      batch: 256,
      rate: 0.02,
      referenceBatch: null,
      decay: 1e-6,
      schedule: "cosine",
      every: "epoch",
      start: "normal",
    }),
  ),
  fit: fitLinear,
})
