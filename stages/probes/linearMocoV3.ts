import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as MoCo v3's code fits it: momentum .9 (not Nesterov's),
 * 90 epochs, batches of 1024, rate .1 · batch / 256, cosine epoch by epoch, no
 * decay, weights from N(0, .01²) and bias 0. Its commands for ViT-S and ViT-B
 * take `rate: 3`.
 */
export const linearMocoV3 = stage({
  module: import.meta,
  name: "linear/moco-v3",
  source: "Chen et al. 2021, MoCo v3; facebookresearch/moco-v3, main_lincls.py",
  params: Schema.Struct(
    linearParams("linear/moco-v3", {
      epochs: 90,
      batch: 1024,
      rate: 0.1,
      referenceBatch: 256,
      schedule: "cosine",
      every: "epoch",
      start: "normal",
    }),
  ),
  fit: fitLinear,
})
