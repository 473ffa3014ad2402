import * as Effect from "effect/Effect"
import * as Hash from "../hash/Hash.ts"
import { readSmall, writeSmall } from "./Actions.ts"
import type { Layout } from "./Layout.ts"
import type { Memory } from "./StoreShape.ts"

const checkLength = Hash.ofText("").length

/** Files by name, each with its checksum in front; a damaged one counts as missing. */
export const make = (layout: Layout): Memory => {
  const fileOf = (name: string) => layout.memo(Hash.ofText(name))
  return {
    load: (name) =>
      readSmall(fileOf(name)).pipe(
        Effect.map((file) => {
          if (file === undefined || file.length < checkLength) return undefined
          const bytes = file.subarray(checkLength)
          return file.toString("latin1", 0, checkLength) === Hash.ofBytes(bytes) ? bytes : undefined
        }),
        Effect.catch(() => Effect.undefined),
      ),
    save: (name, bytes) =>
      writeSmall(layout, fileOf(name), Buffer.concat([Buffer.from(Hash.ofBytes(bytes)), bytes])).pipe(
        Effect.catch((error) => Effect.logDebug(`not remembered: ${error.message}`)),
      ),
  }
}
