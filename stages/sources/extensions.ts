import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const imageExtensions = [".gif", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp"] as const

/** Which names are images, by how they end: `.jpg` or `jpg`. Those that `decode` reads, where nothing is said. */
export const ExtensionsParam = /* @__PURE__ */ Schema.NonEmptyArray(Schema.NonEmptyString).pipe(
  /* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(imageExtensions)),
)

/** Whether a file's name has one of the extensions; upper and lower case are the same. */
export const hasExtension = (extensions: ReadonlyArray<string>): ((name: string) => boolean) => {
  const known = new Set(extensions.map((extension) => `.${extension.replace(/^\./u, "").toLowerCase()}`))
  return (name) => known.has(name.slice(name.lastIndexOf(".")).toLowerCase())
}

/** What to do where no file has one of the extensions. */
export const extensionsHint = (extensions: ReadonlyArray<string>): string =>
  `images are files that end in ${extensions.join(", ")}; say otherwise with \`extensions\``
