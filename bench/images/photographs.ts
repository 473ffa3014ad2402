import sharp from "sharp"

/**
 * JPEGs (4:2:0, quality 93) of soft shapes and noise: as much detail as makes a
 * file of 500 x 375 pixels as large as ImageNet's usually are, 100 kB.
 */
export const photographs = (
  count: number,
  { height, width }: { readonly height: number; readonly width: number },
): Promise<ReadonlyArray<Uint8Array>> => {
  const one = (seed: number) => {
    let state = seed * 2654435761 + 1
    const noise = () => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
      state = Math.imul(state ^ (state >>> 12), 0x297a2d39)
      return ((state ^= state >>> 15) >>> 0) / 2 ** 32 - 0.5
    }
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
      const shape = Math.sin((x * (seed + 3)) / 90) * Math.cos((y * (seed + 5)) / 70) + Math.sin((x + y * (i % 3)) / 25)
      return 128 + 45 * shape + 46 * noise()
    })
    return sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 93 })
      .toBuffer()
  }
  return Promise.all(Array.from({ length: count }, (_, seed) => one(seed)))
}
