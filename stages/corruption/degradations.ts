import type sharp from "sharp"
import { shortSide, type Size } from "../geometry.ts"
import type { Random } from "../random.ts"
import { resample } from "../resample.ts"

/** RGB, row by row. */
export interface Image extends Size {
  readonly pixels: Uint8Array
}

const nearest = ({ height, pixels, width }: Image, to: Size): Image => {
  const all = (size: Size) => ({ top: 0, left: 0, height: size.height, width: size.width })
  return { ...to, pixels: resample({ pixels, stride: width, box: all({ height, width }) }, to, all(to), "nearest") }
}

/** The short side to 256 pixels, by the nearest pixel. */
export const resize = (image: Image): Image => nearest(image, shortSide(image, 256))

/** As `resize`, then down by a factor and up again, by the nearest pixel. */
export const downsample = (image: Image, factor: number): Image => {
  const { height, width, ...resized } = resize(image)
  const small = {
    height: Math.max(1, Math.trunc(height / factor)),
    width: Math.max(1, Math.trunc(width / factor)),
  }
  return nearest(nearest({ height, width, ...resized }, small), { height, width })
}

/** Compressed to JPEG and back, with the tables and the halved colours of Pillow's `save`. */
export const jpeg = async (load: typeof sharp, { height, pixels, width }: Image, quality: number): Promise<Image> => {
  const raw = { width, height, channels: 3 } as const
  const bytes = await load(pixels, { raw }).jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer()
  return { height, width, pixels: await load(bytes).raw({ depth: "uchar" }).toBuffer() }
}

/** Each pixel and channel, with a probability, becomes 0 or 255, one as likely as the other. */
export const saltAndPepper = ({ pixels, ...size }: Image, probability: number, { next }: Random): Image => {
  const noisy = pixels.slice()
  for (let at = 0; at < noisy.length; at++) {
    const drawn = next()
    // What is drawn, given that it is below, is uniform: its halves decide which.
    if (drawn < probability) noisy[at] = drawn < probability / 2 ? 0 : 255
  }
  return { ...size, pixels: noisy }
}
