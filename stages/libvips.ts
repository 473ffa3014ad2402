import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { StageError } from "../src/dsl/StageError.ts"

const loadFailed = (cause: unknown) =>
  new StageError({
    message: `sharp, which decodes images, does not load: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "run `npm ci` on this machine: sharp's binaries differ by system",
    cause,
  })

/**
 * Loads sharp (48 ms the first time) with one thread an image and no cache of
 * operations: images are many and none comes twice.
 */
export const load = Effect.tryPromise({
  try: async () => {
    const { default: sharp } = await import("sharp")
    sharp.concurrency(1)
    sharp.cache(false)
    return sharp
  },
  catch: loadFailed,
})

/** The libraries among those that libvips brings that turn a file into pixels. */
const decoders = ["vips", "mozjpeg", "png", "webp", "tiff", "rsvg", "lcms"]

const Versions = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))

/** Versions as a file beside sharp's binaries states them, or undefined where sharp was built here. */
const stated = (): Readonly<Record<string, string>> | undefined => {
  const sharp = createRequire(import.meta.url).resolve("sharp")
  if (existsSync(join(dirname(sharp), "..", "src", "build", "Release"))) return undefined
  const { resolve } = createRequire(sharp)
  const system = `${process.platform}-${process.arch}`
  // Windows brings libvips within sharp's own package; on Linux the C library is part of the name.
  for (const name of [`sharp-libvips-${system}`, `sharp-libvips-linuxmusl-${process.arch}`, `sharp-${system}`]) {
    try {
      return Schema.decodeUnknownSync(Versions)(readFileSync(resolve(`@img/${name}/versions`), "utf8"))
    } catch {
      continue
    }
  }
  return undefined
}

/**
 * Versions of libvips and of its codecs. Where they can be read from a file the
 * native library is not loaded (1 ms instead of 48).
 */
export const versions: Effect.Effect<Readonly<Record<string, string>>, StageError> = /* @__PURE__ */ Effect.try({
  try: stated,
  catch: loadFailed,
}).pipe(
  /* @__PURE__ */ Effect.flatMap((found) =>
    found === undefined
      ? Effect.map(load, (sharp): Readonly<Record<string, string | undefined>> => ({ ...sharp.versions }))
      : Effect.succeed(found),
  ),
  /* @__PURE__ */ Effect.map((found: Readonly<Record<string, string | undefined>>) =>
    Object.fromEntries(
      decoders.flatMap((name) => {
        const version = found[name]
        return version === undefined ? [] : [[name === "vips" ? "libvips" : name, version]]
      }),
    ),
  ),
)
