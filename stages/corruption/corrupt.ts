import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Cores } from "../../src/dsl/Services.ts"
import { each, optional, type Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Libvips from "../libvips.ts"
import { random } from "../random.ts"
import { Decoded, Pixels } from "../tables.ts"
import { jpeg } from "./degradations.ts"
import { frost, type Photograph, published, tooSmall } from "./frost.ts"
import { fromBytes, toBytes } from "./planes.ts"
import { blends, corruptions, qualities } from "./severities.ts"

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
    "frost",
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

const photographsOf = Effect.fnUntraced(function* (
  kind: Params["kind"],
  given: Reader<typeof Decoded> | undefined,
): Effect.fn.Return<ReadonlyArray<Photograph>, StageError> {
  if (kind !== "frost") {
    if (given === undefined) return []
    return yield* new StageError({
      message: `photographs of frost are given, and the kind is ${kind}`,
      hint: 'leave `frost` out, or give `kind: "frost"`',
    })
  }
  const all = given === undefined ? undefined : yield* given.all
  if (all === undefined || all.id.length === 0) {
    return yield* new StageError({
      message: "`frost` needs photographs of frost, which are not part of Rankshift",
      hint: `${published}; give them as \`corrupt({ pixels, frost: decode(imageFolder({ dir }).images) }, …)\``,
    })
  }
  return all.id.map((id, i) => ({
    id,
    height: all.height[i] ?? 0,
    width: all.width[i] ?? 0,
    pixels: all.pixels[i] ?? new Uint8Array(),
  }))
})

/**
 * Corrupts preprocessed images as ImageNet-C does (Hendrycks and Dietterich 2019):
 * its 15 kinds at five severities, with its constants and formulas (see
 * `severities.ts`). The constants are for 224 x 224 pixels: `preprocess` to that
 * size first.
 *
 * `frost` blends in photographs of frost, which are the input `frost`: those of
 * the published code are at
 * https://github.com/hendrycks/robustness/tree/master/ImageNet-C/create_c, and it
 * draws from the first five of its six, so leave `frost6.jpg` out. They must be at
 * least as large as the images.
 *
 * What is random is seeded by the image's id, so it depends neither on the order
 * of images nor on shards; the published images were drawn with numpy's numbers,
 * so they differ from these one by one. They also were saved as JPEG of quality
 * 85, which is not done here.
 *
 * @example
 * const foggy = corrupt(pixels, { kind: "fog", severity: 3 })
 * const frozen = corrupt({ pixels, frost: decode(imageFolder({ dir: "frost" }).images) }, { kind: "frost", severity: 3 })
 */
export const corrupt = each("corrupt", {
  module: import.meta,
  params: Params,
  inputs: { pixels: Pixels, frost: optional(Decoded) },
  output: Pixels,
  over: "pixels",
  persist: "budget",
  environment: Libvips.versions,
  open: Effect.fnUntraced(function* (inputs, { kind, seed, severity }: Params) {
    const load = yield* Libvips.load
    const cores = yield* Cores
    const [first, ...photographs] = yield* photographsOf(kind, inputs.frost)
    const draws = (id: string) => random(`${seed}/${kind}/${severity}/${id}`)
    const change = (
      data: Uint8Array,
      size: { readonly height: number; readonly width: number },
      id: string,
    ): Effect.Effect<Uint8Array, StageError> => {
      if (kind === "jpeg-compression") {
        return Effect.tryPromise({
          try: async () => (await jpeg(load, { ...size, pixels: data }, qualities[severity - 1] ?? 25)).pixels,
          catch: (cause) =>
            new StageError({ message: `the image ${id} cannot be compressed: ${String(cause)}`, cause }),
        })
      }
      if (kind !== "frost") {
        return Effect.sync(() => toBytes(corruptions[kind](fromBytes(data, size), severity, draws(id))))
      }
      if (first === undefined) return Effect.die("no photographs of frost")
      const small = tooSmall([first, ...photographs], size)
      return small === undefined
        ? Effect.sync(() =>
            frost({ ...size, pixels: data }, [first, ...photographs], blends[severity - 1] ?? [1, 0.4], draws(id)),
          )
        : Effect.fail(
            new StageError({
              message: `the photograph of frost ${small.id} has ${small.width} x ${small.height} pixels, fewer than the images' ${size.width} x ${size.height}`,
              hint: "take a larger one, or leave it out",
            }),
          )
    }
    return ({ id, pixels: { data, shape } }) => {
      const [height = 0, width = 0] = shape
      return Effect.map(cores.use(1)(change(data, { height, width }, id)), (made) => ({
        id,
        pixels: { shape, data: made },
      }))
    }
  }),
})
