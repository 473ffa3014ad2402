import * as Effect from "effect/Effect"
import { readSmall, writeSmall } from "./Actions.ts"
import type { Layout } from "./Layout.ts"
import { StoreError } from "./StoreError.ts"

/**
 * The format of a store's files. Raised when a former version of the program
 * could not read what this one writes, or would take it for something else.
 */
export const format = 1

const refused = (layout: Layout, found: string): StoreError => {
  const newer = /^\d{1,9}$/.test(found) && Number(found) > format
  return new StoreError({
    kind: "version",
    message: `the cache ${layout.root} was written by ${newer ? "a newer" : "another"} version of this program (format ${found}; this one reads format ${format})`,
    file: layout.version,
    hint: `${newer ? "upgrade this program" : "use the version that wrote it"}, or use another cache (--cache DIR)`,
  })
}

/**
 * Fails where a store is of another format. One that does not say is taken for
 * one of this format: it has no files yet, or was copied in part. Gives whether
 * it says so.
 */
export const check = Effect.fnUntraced(function* (layout: Layout): Effect.fn.Return<boolean, StoreError> {
  const said = (yield* readSmall(layout.version))?.toString("utf8").trim() ?? ""
  if (said !== "" && said !== String(format)) return yield* refused(layout, said.slice(0, 40))
  return said !== ""
})

/** Writes down of which format a store is, unless it says so already. */
export const ensure = (layout: Layout): Effect.Effect<void, StoreError> =>
  Effect.flatMap(check(layout), (said) =>
    said ? Effect.void : writeSmall(layout, layout.version, Buffer.from(`${format}\n`)),
  )
