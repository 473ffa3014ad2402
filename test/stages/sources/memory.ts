import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Memo } from "../../../src/dsl/Services.ts"
import { services } from "../../harness.ts"

/** Services with a memo that outlives them: what is kept, and how often something was saved. */
export const remembering = (directory: string) => {
  const kept = new Map<string, Uint8Array>()
  let saves = 0
  const memo = Layer.succeed(
    Memo,
    Memo.of({
      load: (name) => Effect.sync(() => kept.get(name)),
      save: (name, bytes) =>
        Effect.sync(() => {
          saves++
          kept.set(name, bytes)
        }),
    }),
  )
  return { kept, saves: () => saves, layer: Layer.merge(services({ directory }), memo) }
}

/**
 * Replaces a hash in all that is remembered. Where the replacement turns up in a
 * result, what it stands for was not read again.
 */
export const forge = (kept: Map<string, Uint8Array>, hash: string, by: string) => {
  for (const [name, bytes] of kept)
    kept.set(name, Buffer.from(Buffer.from(bytes).toString("latin1").replace(hash, by), "latin1"))
}
