/** What ImageNet-C calls digital corruptions. */
import type { Random } from "../random.ts"
import type { Size } from "../geometry.ts"
import { between, changed, fromBytes, gaussian, type Planes, toBytes } from "./planes.ts"

/** Brings every channel nearer to its mean. */
export const contrast = (image: Planes, left: number): Planes => {
  const pixels = image.data.length / 3
  const means = [0, 0, 0]
  for (let i = 0; i < image.data.length; i++) means[i % 3] = means[i % 3]! + image.data[i]! / pixels
  return changed(image, (value, at) => (value - means[at % 3]!) * left + means[at % 3]!)
}

/** One axis in boxes: which pixels make each, and how much of them, as Pillow's BOX has it. */
const boxes = (before: number, after: number) =>
  Array.from({ length: after }, (_, i) => {
    const scale = before / after
    const reach = 0.5 * Math.max(1, scale)
    const middle = (i + 0.5) * scale
    const first = Math.max(0, Math.trunc(middle - reach + 0.5))
    const taps: Array<number> = []
    for (let from = first; from < Math.min(before, Math.trunc(middle + reach + 0.5)); from++) {
      const distance = (from - middle + 0.5) / Math.max(1, scale)
      if (distance > -0.5 && distance <= 0.5) taps.push(from)
    }
    return taps
  })

/** Bytes of an axis by the mean of boxes, in Pillow's fixed point: whole numbers of 2^-22. */
const mean = (taps: ReadonlyArray<number>, byteAt: (from: number) => number): number => {
  const weight = Math.trunc((1 << 22) / taps.length + 0.5)
  return taps.reduce((sum, from) => sum + byteAt(from) * weight, 1 << 21) >> 22
}

/** Resized by the mean of boxes, along rows first, with bytes between the passes. */
const boxed = (pixels: Uint8Array, from: Size, to: Size): Uint8Array => {
  const [columns, rows] = [boxes(from.width, to.width), boxes(from.height, to.height)]
  const narrow = Uint8Array.from({ length: from.height * to.width * 3 }, (_, i) => {
    const [y, x, c] = [Math.floor(i / 3 / to.width), Math.floor(i / 3) % to.width, i % 3]
    return mean(columns[x] ?? [], (at) => pixels[(y * from.width + at) * 3 + c]!)
  })
  const line = to.width * 3
  return Uint8Array.from({ length: to.height * line }, (_, i) =>
    mean(rows[Math.floor(i / line)] ?? [], (at) => narrow[at * line + (i % line)]!),
  )
}

/** Large pixels: down to a share of the sides, and up again. */
export const pixelate = (image: Planes, share: number): Planes => {
  const { height, width } = image
  const small = { height: Math.max(1, Math.trunc(height * share)), width: Math.max(1, Math.trunc(width * share)) }
  return fromBytes(boxed(boxed(toBytes(image), image, small), small, { height, width }), image)
}

/** The affine map that takes three points to three others: `[a, b, c]` for each coordinate, a·x + b·y + c. */
const affine = (from: ReadonlyArray<readonly [number, number]>, to: ReadonlyArray<number>) => {
  const [[x0, y0] = [0, 0], [x1, y1] = [0, 0], [x2, y2] = [0, 0]] = from
  const [t0 = 0, t1 = 0, t2 = 0] = to
  const det = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
  const a = ((t1 - t0) * (y2 - y0) - (t2 - t0) * (y1 - y0)) / det
  const b = ((x1 - x0) * (t2 - t0) - (x2 - x0) * (t1 - t0)) / det
  return [a, b, t0 - a * x0 - b * y0] as const
}

/** How far an image is bent: height of the waves, how smooth they are, and how far its corners move. */
export interface Elastic {
  readonly height: number
  readonly smooth: number
  readonly corners: number
}

/** Bent: three points of the image move by chance, then every pixel by a smooth random field. */
export const elastic = (image: Planes, { corners, height: waves, smooth }: Elastic, random: Random): Planes => {
  const { height, width } = image
  const [middleY, middleX] = [Math.floor(height / 2), Math.floor(width / 2)]
  const reach = Math.max(1, Math.floor(Math.min(height, width) / 3))
  // The published code gives rows for x, which is the same for its square images.
  const before = [
    [middleY + reach, middleX + reach],
    [middleY + reach, middleX - reach],
    [middleY - reach, middleX - reach],
  ] as const
  const after = before.map(
    ([x, y]) => [x + random.between(-corners, corners), y + random.between(-corners, corners)] as const,
  )
  // Each new pixel is read from where the map, backwards, comes from.
  const xs = affine(
    after,
    before.map(([x]) => x),
  )
  const ys = affine(
    after,
    before.map(([, y]) => y),
  )
  const moved = new Float64Array(image.data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = [xs[0] * x + xs[1] * y + xs[2], ys[0] * x + ys[1] * y + ys[2]]
      for (let c = 0; c < 3; c++) moved[(y * width + x) * 3 + c] = between(image, fromY, fromX, c, "reflect-101")
    }
  }
  const field = () => {
    const data = Float64Array.from({ length: height * width }, () => random.between(-1, 1))
    return gaussian({ height, width, channels: 1, data }, smooth, "reflect", 3).data
  }
  const [dx, dy] = [field(), field()]
  const warped = { ...image, data: moved }
  return changed(image, (_, at) => {
    const pixel = Math.floor(at / 3)
    const [y, x] = [Math.floor(pixel / width), pixel % width]
    return between(warped, y + waves * (dy[pixel] ?? 0), x + waves * (dx[pixel] ?? 0), at % 3, "reflect")
  })
}
