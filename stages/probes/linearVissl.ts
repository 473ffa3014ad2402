import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as VISSL's benchmark fits it (`eval_mlp`): batch norm with
 * scale and shift in front, Nesterov momentum .9, 28 epochs, batches of 256,
 * rate .01 · batch / 256, a tenth of it from epoch 8, 16 and 24 on, decay 5e-4 on
 * weights and bias but not on batch norm, PyTorch's own start of a linear layer.
 */
export const linearVissl = stage({
  module: import.meta,
  name: "linear/vissl",
  source: "Goyal et al. 2021, VISSL; facebookresearch/vissl, eval_resnet_8gpu_transfer_in1k_linear.yaml",
  params: Schema.Struct(
    linearParams("linear/vissl", {
      normalise: "batch-norm",
      affine: true,
      epochs: 28,
      batch: 256,
      rate: 0.01,
      referenceBatch: 256,
      decay: 5e-4,
      nesterov: true,
      schedule: "steps",
      every: "epoch",
      milestones: [8, 16, 24],
      start: "uniform",
    }),
  ),
  fit: fitLinear,
})
