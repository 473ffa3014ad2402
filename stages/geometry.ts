/** A rectangle of pixels, by its top left corner and its size. */
export interface Box {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** Height and width in pixels. */
export interface Size {
  readonly height: number
  readonly width: number
}

/** Rounds halves to the even neighbour, as Python's `round` does. */
const roundHalfEven = (value: number): number => {
  const low = Math.floor(value)
  const rest = value - low
  return rest === 0.5 ? low + (low % 2) : rest < 0.5 ? low : low + 1
}

/**
 * The size that an image has once its short side is `short` pixels: the long
 * side is `int(short * long / short side)`, as torchvision's `Resize` has it
 * (so 383, where rounding would give 384).
 */
export const shortSide = ({ height, width }: Size, short: number): Size =>
  height <= width
    ? { height: short, width: Math.trunc((short * width) / height) }
    : { height: Math.trunc((short * height) / width), width: short }

/** Which pixel a crop begins at when what is cut off is odd. */
export type Offset = "half-even" | "half-up"

/**
 * The middle of an image. Offsets are `int(round(rest / 2.0))`, as torchvision's
 * `CenterCrop` has them (`half-even`), or `int((rest + 1) * 0.5)`, as older code
 * and TensorFlow's have them (`half-up`).
 */
export const centre = (of: Size, { height, width }: Size, offset: Offset = "half-even"): Box => {
  const begin = (rest: number) => (offset === "half-even" ? roundHalfEven(rest / 2) : Math.trunc((rest + 1) * 0.5))
  return { top: begin(of.height - height), left: begin(of.width - width), height, width }
}

/** The middle square with a side of `share` of the short side, rounded, at least one pixel. */
export const centreShare = (of: Size, share: number, offset?: Offset): Box => {
  const side = Math.max(1, roundHalfEven(Math.min(of.height, of.width) * share))
  return centre(of, { height: side, width: side }, offset)
}
