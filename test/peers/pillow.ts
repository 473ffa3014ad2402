/** What Pillow makes of small images: `pillow.json`, made by `pillow.py`. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"

const Preprocessed = Schema.Struct({
  width: Schema.Int,
  height: Schema.Int,
  params: Schema.Struct({
    cropFirst: Schema.optionalKey(Schema.Finite),
    resize: Schema.Union([Schema.Int, Schema.Tuple([Schema.Int, Schema.Int])]),
    crop: Schema.optionalKey(Schema.Int),
    filter: Schema.Literals(["bilinear", "bicubic", "nearest"]),
  }),
  /** Width and height of the result. */
  size: Schema.Tuple([Schema.Int, Schema.Int]),
  sha256: Schema.String,
  /** The result itself where it is small. */
  bytes: Schema.optionalKey(Schema.Uint8ArrayFromBase64),
})

const Decoded = Schema.Struct({
  name: Schema.String,
  mode: Schema.String,
  file: Schema.Uint8ArrayFromBase64,
  width: Schema.Int,
  height: Schema.Int,
  sha256: Schema.String,
})

const Fixture = Schema.Struct({
  pillow: Schema.String,
  preprocess: Schema.Array(Preprocessed),
  decode: Schema.Array(Decoded),
})

export const pillow = Schema.decodeUnknownSync(Schema.fromJsonString(Fixture))(
  readFileSync(new URL("./pillow.json", import.meta.url), "utf8"),
)

/** The same image by formula as in `pillow.py`. */
export const pattern = (width: number, height: number) =>
  Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const band = i % 3
    const x = Math.floor(i / 3) % width
    const y = Math.floor(i / 3 / width)
    return (x * x * 3 + y * y * 5 + x * y * 7 + band * 91) % 256
  })

/** The first 32 digits of the SHA-256, as `pillow.py` writes them. */
export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 32)
