const tiff = new Set([0x4949, 0x4d4d])

/**
 * Whether an encoded image could have CMYK pixels, told from its first bytes:
 * a TIFF may, and a JPEG whose frame header names four components, or cannot be
 * found where the standard (ITU-T T.81, B.1) wants it.
 */
export const mayBeCmyk = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 4) return false
  if (view.getUint16(0) !== 0xffd8) return tiff.has(view.getUint16(0))
  for (let at = 2; at + 9 < bytes.length;) {
    const marker = view.getUint16(at)
    if (marker < 0xffc0) return true
    // Frame headers are C0 to CF, but for the tables and the reserved marker among them.
    const isFrame = marker <= 0xffcf && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc
    if (isFrame) return view.getUint8(at + 9) === 4
    at += 2 + view.getUint16(at + 2)
  }
  return true
}

/**
 * CMYK (0 is no ink) to RGB as Pillow's `convert("RGB")` does it, without
 * profiles: each channel is what black leaves, less the ink's share of that.
 * Rare (22 images of ImageNet's 1.28 million), hence the plain loop.
 */
export const cmykToRgb = (cmyk: Uint8Array): Uint8Array => {
  const rgb = new Uint8Array((cmyk.length / 4) * 3)
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - (cmyk[from + 3] ?? 0)
    for (let channel = 0; channel < 3; channel++) {
      // A division by 255, rounded, in whole numbers.
      const share = (cmyk[from + channel] ?? 0) * light + 128
      rgb[to + channel] = Math.max(0, light - ((share + (share >> 8)) >> 8))
    }
  }
  return rgb
}
