import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Cores } from "../../src/dsl/Services.ts"
import { each } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Libvips from "../libvips.ts"
import { random } from "../random.ts"
import { Decoded } from "../tables.ts"
import { downsample, type Image, jpeg, resize, saltAndPepper } from "./degradations.ts"

const Params = Schema.Struct({
  kind: Schema.Literals(["resize", "downsample-2x", "downsample-4x", "jpeg-10", "salt-pepper"]),
  /** Decides where noise falls; 0 where nothing is said. */
  seed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
})
type Params = typeof Params.Type

/**
 * Corrupts images of any size once, before they are preprocessed, as Cole et al.
 * 2022 do (section 4.3 and appendix C.5):
 *
 * - `resize`: the short side to 256 pixels by the nearest pixel, as the default of
 *   Pillow's `resize` then was. Smaller images grow.
 * - `downsample-2x`, `downsample-4x`: `resize`, then down by the factor and up again.
 * - `jpeg-10`: JPEG of quality 10 and back.
 * - `salt-pepper`: each pixel and channel, with probability .01, becomes 0 or 255.
 *
 * Noise is seeded by the image's id, so it does not depend on the order of
 * images or on shards. Images that `decode` resized in its fast mode are an error.
 *
 * @example
 * const pixels = preprocess(degrade(decode(images), { kind: "downsample-4x" }), { resize: 256, crop: 224 })
 */
export const degrade = each("degrade", {
  module: import.meta,
  params: Params,
  inputs: { images: Decoded },
  output: Decoded,
  over: "images",
  persist: "never",
  environment: Libvips.versions,
  open: Effect.fnUntraced(function* (_, { kind, seed }: Params) {
    const load = yield* Libvips.load
    const cores = yield* Cores
    const compress = (image: Image, id: string) =>
      Effect.tryPromise({
        try: () => jpeg(load, image, 10),
        catch: (cause) => new StageError({ message: `the image ${id} cannot be compressed: ${String(cause)}`, cause }),
      })
    const change = (image: Image, id: string): Effect.Effect<Image, StageError> => {
      switch (kind) {
        case "resize":
          return Effect.sync(() => resize(image))
        case "downsample-2x":
          return Effect.sync(() => downsample(image, 2))
        case "downsample-4x":
          return Effect.sync(() => downsample(image, 4))
        case "jpeg-10":
          return compress(image, id)
        case "salt-pepper":
          return Effect.sync(() => saltAndPepper(image, 0.01, random(`${seed}/salt-pepper/${id}`)))
      }
    }
    return ({ fast, id, ...image }) =>
      fast === ""
        ? Effect.map(cores.use(1)(change(image, id)), (made) => ({ id, ...made, fast }))
        : Effect.fail(
            new StageError({
              message: `images were decoded fast for ${fast}, and \`degrade\` needs them as they are stored (${id})`,
              hint: "leave `fast` of `decode` out",
            }),
          )
  }),
})
