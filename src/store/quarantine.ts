import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import { mkdir, rename } from "node:fs/promises"
import * as path from "node:path"
import { Damage } from "./Damage.ts"
import type { Layout } from "./Layout.ts"
import { fromCause, isAbsent, type StoreError } from "./StoreError.ts"

/** Moves a damaged file out of the way, so that nothing uses it, and reports it. */
export const setAside = Effect.fnUntraced(function* (
  layout: Layout,
  file: string,
  reason: string,
): Effect.fn.Return<void, StoreError> {
  const { ext, name } = path.parse(file)
  const target = path.join(layout.aside, `${name}-${randomBytes(4).toString("hex")}${ext}`)
  const moved = yield* Effect.tryPromise({
    try: async () => {
      await mkdir(layout.aside, { recursive: true })
      try {
        await rename(file, target)
        return true
      } catch (cause) {
        // Another process was faster, and has reported it.
        if (isAbsent(cause)) return false
        throw cause
      }
    },
    catch: (cause) => fromCause(cause, "set aside the damaged file", file),
  })
  if (!moved) return
  const damage = yield* Damage
  yield* damage.report({ file, reason, movedTo: target })
})
