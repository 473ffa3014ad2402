import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { StageError } from "../../src/dsl/StageError.ts"
import { choose } from "./Candidate.ts"
import { filesOf, open, refused } from "./files.ts"
import { Malformed } from "./Malformed.ts"
import { build } from "./network.ts"

/** Params that say what a checkpoint itself does not. */
export const Reading = Schema.Struct({
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
/** How a checkpoint is to be read. */
export type Reading = typeof Reading.Type

/** The network of a checkpoint as an ONNX model. `path` is a full one. */
export const encoderOf = Effect.fnUntraced(function* (
  path: string,
  { architecture, weights, ...said }: Reading,
): Effect.fn.Return<Uint8Array, StageError> {
  const files = yield* filesOf(path)
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
  return yield* built.graph.bytes
})
