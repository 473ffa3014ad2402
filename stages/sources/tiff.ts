/** Raw pixels of 8 bits: how high and wide, and grey (1) or RGB (3). */
export interface Raw {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

const short = 3
const long = 4

/**
 * Raw pixels, `[height, width, channels]`, as an uncompressed TIFF: an image
 * like any other, so that all that reads images reads these too. The header is
 * little endian with one strip (TIFF 6.0, sections 2 to 6).
 */
export const tiffOf = ({ height, width, channels }: Raw, pixels: Uint8Array): Uint8Array => {
  const fields = 9
  const depths = 8 + 2 + fields * 12 + 4
  const start = depths + 6
  const file = Buffer.alloc(start + pixels.length)
  file.write("II*\0", "latin1")
  file.writeUInt32LE(8, 4)
  file.writeUInt16LE(fields, 8)
  let at = 10
  const field = (tag: number, type: typeof short | typeof long, count: number, value: number) => {
    file.writeUInt16LE(tag, at)
    file.writeUInt16LE(type, at + 2)
    file.writeUInt32LE(count, at + 4)
    file.writeUInt32LE(value, at + 8)
    at += 12
  }
  field(256, long, 1, width)
  field(257, long, 1, height)
  field(258, short, channels, channels === 1 ? 8 : depths)
  field(259, short, 1, 1)
  field(262, short, 1, channels === 1 ? 1 : 2)
  field(273, long, 1, start)
  field(277, short, 1, channels)
  field(278, long, 1, height)
  field(279, long, 1, pixels.length)
  for (let channel = 0; channel < 3; channel++) file.writeUInt16LE(8, depths + 2 * channel)
  file.set(pixels, start)
  return file
}

/** Channel by channel (`[channels, height, width]`, as CIFAR has them) to pixel by pixel. */
export const interleaved = ({ height, width, channels }: Raw, planes: Uint8Array): Uint8Array => {
  const pixels = new Uint8Array(planes.length)
  const area = height * width
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < area; i++) pixels[i * channels + channel] = planes[channel * area + i] ?? 0
  return pixels
}
