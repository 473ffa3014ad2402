import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { choose } from "../checkpoints/Candidate.ts"
import { parse } from "../checkpoints/Checkpoint.ts"
import { Malformed } from "../checkpoints/Malformed.ts"
import { build, isResnet } from "../checkpoints/resnet.ts"
import { Encoder } from "../tables.ts"
import { located, shortName, unreadable } from "./paths.ts"
import { stampFile } from "./stamp.ts"

const read = (bytes: Uint8Array, weights: string | undefined) => {
  const candidate = choose(parse(bytes).weights, weights)
  if (isResnet(candidate)) return build(candidate)
  throw new Malformed(
    `its network ${JSON.stringify(candidate.prefix)} is no ResNet, and others are not built yet`,
    "export it to ONNX and read it with onnxFile",
  )
}

/**
 * A pretrained encoder from a checkpoint as its authors publish it: PyTorch's
 * containers (`.pth`, `.pt`, `.pth.tar`, `.th`, before and since PyTorch 1.6) and
 * safetensors. The file is interpreted, never executed. ResNets with
 * torchvision's names (18 to 200, wide ones, ResNeXts) and those for CIFAR are
 * recognised by names and shapes, whatever stands in front of the names; heads,
 * projections and queues are left out. Its outputs are `features` and, where
 * there is a linear head, `logits`; mean and std are `extract`'s to give.
 *
 * Of several networks in one file the one that the authors' evaluation takes is
 * meant (MoCo's query encoder, MoCo v3's base encoder, DINO's teacher), or the
 * one that `weights` names by a part of its prefix.
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
    /** Which network, where the file holds several: a part of what stands in front of its weights' names. */
    weights: Schema.optionalKey(Schema.NonEmptyString),
  }),
  inputs: {},
  output: Encoder,
  label: ({ file }) => shortName(file),
  stamp: ({ file }) => Effect.flatMap(located(file), stampFile),
  run: Effect.fnUntraced(function* (_, { file, weights }) {
    const path = yield* located(file)
    const bytes = yield* Effect.tryPromise({ try: () => readFile(path), catch: (cause) => unreadable(path, cause) })
    const built = yield* Effect.try({
      try: () => read(bytes, weights),
      catch: (cause) => {
        const hint = cause instanceof Malformed ? cause.hint : undefined
        const said = cause instanceof Error ? cause.message : String(cause)
        return new StageError({
          message: `this checkpoint cannot be read: ${said}`,
          file: path,
          cause,
          ...(hint === undefined ? {} : { hint }),
        })
      },
    })
    return { onnx: [yield* built.graph.bytes] }
  }),
})
