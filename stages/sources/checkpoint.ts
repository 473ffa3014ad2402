import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { choose } from "../checkpoints/Candidate.ts"
import { filesOf, open, refused } from "../checkpoints/files.ts"
import { Malformed } from "../checkpoints/Malformed.ts"
import { build } from "../checkpoints/network.ts"
import { Encoder } from "../tables.ts"
import { located, shortName } from "./paths.ts"
import { contentStamp } from "./contentStamp.ts"

const Params = Schema.Struct({
  /** Where it is; a relative path starts at the folder of the pipeline file. */
  file: Schema.NonEmptyString,
  /** Which network, where the file holds several: a part of what stands in front of its weights' names. */
  weights: Schema.optionalKey(Schema.NonEmptyString),
  /** How the network pads, where a conversion has lost what its names would say. */
  padding: Schema.optionalKey(Schema.Literals(["even", "same", "same-pool"])),
  /** How many heads a vision transformer's attention has, where that is not one for 64 columns. */
  heads: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1024 }))),
  /** How a vision transformer's positions are brought to images of another size: to a size, or by a ratio as DINO does. */
  interpolation: Schema.optionalKey(Schema.Literals(["size", "dino"])),
  /** What the network must be (`ResNet-50`); another is an error. */
  architecture: Schema.optionalKey(Schema.NonEmptyString),
})

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
  params: Params,
  inputs: {},
  output: Encoder,
  label: ({ file }) => shortName(file),
  stamp: Effect.fnUntraced(function* ({ file }) {
    const { beside, main } = yield* filesOf(yield* located(file))
    return (yield* Effect.forEach([main, ...beside], contentStamp)).join(" ")
  }),
  run: Effect.fnUntraced(function* (_, { architecture, file, weights, ...said }) {
    const files = yield* filesOf(yield* located(file))
    const found = yield* open(files)
    const built = yield* Effect.try({
      try: () => {
        const made = build({ ...choose(found.weights, weights), ...said })
        if (architecture !== undefined && made.architecture !== architecture) {
          throw new Malformed(
            `it is a ${made.architecture}, and a ${architecture} is asked for`,
            "see whether it is the right file, or read it with checkpoint({ file })",
          )
        }
        return made
      },
      catch: refused(files.main),
    })
    return { onnx: [yield* built.graph.bytes] }
  }),
})
