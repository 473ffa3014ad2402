import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Cores } from "../../src/dsl/Services.ts"
import { each } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Libvips from "../libvips.ts"
import { random } from "../random.ts"
import { Pixels } from "../tables.ts"
import { jpeg } from "./degradations.ts"
import { fromBytes, toBytes } from "./planes.ts"
import { corruptions, qualities } from "./severities.ts"

const Params = Schema.Struct({
  kind: Schema.Literals([
    "gaussian-noise",
    "shot-noise",
    "impulse-noise",
    "defocus-blur",
    "glass-blur",
    "motion-blur",
    "zoom-blur",
    "snow",
    "fog",
    "brightness",
    "contrast",
    "elastic-transform",
    "pixelate",
    "jpeg-compression",
  ]),
  severity: Schema.Literals([1, 2, 3, 4, 5]),
  /** Decides what is random; 0 where nothing is said. */
  seed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
})
type Params = typeof Params.Type

/**
 * Corrupts preprocessed images as ImageNet-C does (Hendrycks and Dietterich 2019):
 * 14 of its 15 kinds at five severities, with its constants and formulas (see
 * `severities.ts`); `frost` takes photographs of frost and is left out. The
 * constants are for 224 x 224 pixels: `preprocess` to that size first.
 *
 * What is random is seeded by the image's id, so it depends neither on the order
 * of images nor on shards; the published images were drawn with numpy's numbers,
 * so they differ from these one by one. They also were saved as JPEG of quality
 * 85, which is not done here.
 *
 * @example
 * const pixels = corrupt(preprocess(decode(images), { resize: 256, crop: 224 }), { kind: "fog", severity: 3 })
 */
export const corrupt = each("corrupt", {
  module: import.meta,
  params: Params,
  inputs: { pixels: Pixels },
  output: Pixels,
  over: "pixels",
  persist: "budget",
  environment: Libvips.versions,
  open: Effect.fnUntraced(function* (_, { kind, seed, severity }: Params) {
    const load = yield* Libvips.load
    const cores = yield* Cores
    const change = (data: Uint8Array, size: { readonly height: number; readonly width: number }, id: string) =>
      kind === "jpeg-compression"
        ? Effect.tryPromise({
            try: async () => (await jpeg(load, { ...size, pixels: data }, qualities[severity - 1] ?? 25)).pixels,
            catch: (cause) =>
              new StageError({ message: `the image ${id} cannot be compressed: ${String(cause)}`, cause }),
          })
        : Effect.sync(() =>
            toBytes(corruptions[kind](fromBytes(data, size), severity, random(`${seed}/${kind}/${severity}/${id}`))),
          )
    return ({ id, pixels: { data, shape } }) => {
      const [height = 0, width = 0] = shape
      return Effect.map(cores.use(1)(change(data, { height, width }, id)), (made) => ({
        id,
        pixels: { shape, data: made },
      }))
    }
  }),
})
