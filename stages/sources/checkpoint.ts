import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { encoderOf, Reading } from "../checkpoints/encoder.ts"
import { filesOf } from "../checkpoints/files.ts"
import { Encoder } from "../tables.ts"
import { located, shortName } from "./paths.ts"
import { contentStamp } from "./contentStamp.ts"

/**
 * A pretrained encoder from a checkpoint as its authors publish it: PyTorch's
 * containers (`.pth`, `.pt`, `.pth.tar`, `.th`, before and since PyTorch 1.6),
 * safetensors, a pickle of numpy arrays (BYOL's), TensorFlow's index and data
 * (SimCLR's; name the `.index`, or what stands before it), and a zip of one of
 * these. The file is interpreted, never executed. ResNets with torchvision's,
 * Haiku's or SimCLR's names (18 to 200, wide ones, ResNeXts), those for CIFAR and
 * vision transformers with timm's or MMSelfSup's names are recognised by names
 * and shapes, whatever stands in front of the names; heads, projections and
 * queues are left out. Its outputs are `features`, `logits` where there is a
 * linear head, and for vision transformers others (see `vit.ts`), of which
 * `extract` takes one by `output`; mean and std are `extract`'s to give, too.
 * `pipeline model FILE` says what is in a file.
 *
 * Of several networks in one file the one that the authors' evaluation takes is
 * meant (MoCo's query encoder, MoCo v3's base encoder, DINO's teacher), or the
 * one that `weights` names by a part of its prefix.
 *
 * TensorFlow's and Haiku's networks pad as `SAME` says, the odd one behind: all
 * over (`same`, BYOL) or in the pooling alone (`same-pool`, SimCLR). Their own
 * files say so by their names; for a conversion with PyTorch's names `padding` does.
 *
 * A vision transformer's heads are taken to be 64 columns wide: `heads` says
 * otherwise (MoCo v3's ViT-S has 12). For images of another size positions are
 * interpolated bicubically, to the number of patches, or with DINO's and iBOT's
 * tenth of a patch more (`interpolation: "dino"`).
 *
 * Errors: no such file; a damaged, encrypted or big-endian one; a whole model
 * saved with its code; weights that are missing, or that nothing has a place for.
 *
 * @example
 * const moco = checkpoint({ file: "models/moco_v2_800ep_pretrain.pth.tar" })
 */
export const checkpoint = whole("checkpoint", {
  module: import.meta,
  params: Schema.Struct({
    /** Where it is; a relative path starts at the folder of the pipeline file. */
    file: Schema.NonEmptyString,
    ...Reading.fields,
  }),
  inputs: {},
  output: Encoder,
  label: ({ file }) => shortName(file),
  stamp: Effect.fnUntraced(function* ({ file }) {
    const { beside, main } = yield* filesOf(yield* located(file))
    return (yield* Effect.forEach([main, ...beside], contentStamp)).join(" ")
  }),
  run: Effect.fnUntraced(function* (_, { file, ...reading }) {
    return { onnx: [yield* encoderOf(yield* located(file), reading)] }
  }),
})
