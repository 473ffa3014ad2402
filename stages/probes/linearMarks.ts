import * as Schema from "effect/Schema"
import { fitLinear } from "./linear.ts"
import { linearParams } from "./linearParams.ts"
import { stage } from "./Protocol.ts"

/**
 * A linear classifier as Marks et al. fit it: momentum .9, 100 epochs, batches
 * of 1024, rate .1 · batch / 256, 5 epochs of warm-up and then cosine, both epoch
 * by epoch, gradients no longer than .5, no decay, weights from N(0, .01²) and
 * bias 0. With `normalise: "batch-norm"` it is their variant `final_batch_norm`,
 * of which scale and shift are trained.
 */
export const linearMarks = stage({
  module: import.meta,
  name: "linear/marks",
  source:
    "Marks et al. 2025, A Closer Look at Benchmarking Self-Supervised Pre-training with Image Classification; manuelknott/ssl_eval_protocols",
  params: Schema.Struct(
    linearParams("linear/marks", {
      affine: true,
      epochs: 100,
      batch: 1024,
      rate: 0.1,
      referenceBatch: 256,
      schedule: "cosine",
      every: "epoch",
      warmUp: 5,
      clip: 0.5,
      start: "normal",
    }),
  ),
  fit: fitLinear,
})
