import * as Effect from "effect/Effect"

/** Pixels along the longer side: twice what is shown, for dense screens and print. */
const side = 192

/** A small JPEG of an image; undefined where it cannot be decoded. */
export const thumbnail = (bytes: Uint8Array) =>
  Effect.tryPromise(async () => {
    const { default: sharp } = await import("sharp")
    const { data, info } = await sharp(bytes)
      .rotate()
      .flatten({ background: "white" })
      .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
      .jpeg({ quality: 72 })
      .toBuffer({ resolveWithObject: true })
    return { thumbnail: new Uint8Array(data), width: info.width, height: info.height }
  }).pipe(Effect.catch(() => Effect.succeed(undefined)))
