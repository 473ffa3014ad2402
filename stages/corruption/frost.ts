/** Frost of ImageNet-C: a part of a photograph of frost, laid over the image. */
import type { Random } from "../random.ts"
import type { Image } from "./degradations.ts"

/** How much of the image and of the photograph is added up. */
export type Blend = readonly [image: number, frost: number]

/** A photograph with its name. */
export interface Photograph extends Image {
  readonly id: string
}

/** Where the photographs of the published images are. */
export const published =
  "they are frost1.png to frost5.jpg at https://github.com/hendrycks/robustness/tree/master/ImageNet-C/create_c"

/** The photographs that are no larger than the images: nothing can be drawn from them. */
export const tooSmall = (
  photographs: ReadonlyArray<Photograph>,
  { height, width }: Pick<Image, "height" | "width">,
): Photograph | undefined => photographs.find((one) => one.height < height || one.width < width)

/**
 * A photograph and a place in it are drawn; bytes are added up by weight, cut to
 * 0..255 and cut off rather than rounded, as `np.uint8` does.
 */
export const frost = (
  { height, pixels, width }: Image,
  photographs: readonly [Photograph, ...ReadonlyArray<Photograph>],
  [left, more]: Blend,
  { below, pick }: Random,
): Uint8Array => {
  const photograph = pick(photographs)
  // A place is drawn as by `randint(0, size - 224)`: the last one is left out, unless it is the only one.
  const [top, start] = [below(Math.max(1, photograph.height - height)), below(Math.max(1, photograph.width - width))]
  const line = width * 3
  return Uint8Array.from(pixels, (byte, at) => {
    const from = ((top + Math.floor(at / line)) * photograph.width + start) * 3 + (at % line)
    return Math.min(255, left * byte + more * photograph.pixels[from]!)
  })
}
