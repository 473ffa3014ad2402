import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readFileSync } from "node:fs"
import * as Hash from "../hash/Hash.ts"
import { Action, type ArtifactRef } from "./Action.ts"
import * as Envelope from "./envelope.ts"
import type { Settle } from "./Settle.ts"
import type { Layout } from "./Layout.ts"
import * as quarantine from "./quarantine.ts"
import { fromCause, isAbsent, StoreError } from "./StoreError.ts"
import * as Temp from "./Temp.ts"

/** A small file's bytes, undefined where there is none. Synchronous: planning reads thousands. */
export const readSmall = (file: string): Effect.Effect<Buffer | undefined, StoreError> =>
  Effect.try({ try: () => readFileSync(file), catch: (cause) => cause }).pipe(
    Effect.catch((cause) => (isAbsent(cause) ? Effect.undefined : Effect.fail(fromCause(cause, "read", file)))),
  )

/** Writes a small file in one step: it is there whole or not at all. */
export const writeSmall = (
  layout: Layout,
  file: string,
  bytes: Uint8Array,
  settle?: Settle,
): Effect.Effect<void, StoreError> =>
  Effect.scoped(
    Effect.flatMap(Temp.make(layout, settle), (temp) =>
      Effect.andThen(temp.write([bytes]), temp.publish(file, "open")),
    ),
  )

const envelope = Envelope.make(Action)

/** An action as the content of its file. */
export const encode = envelope.encode

/** The action that should be in a file of these bytes, or what is wrong with it. */
export const decode = (key: string, bytes: Buffer): Result.Result<Action, string> =>
  Result.flatMap(envelope.decode(bytes), (action) =>
    action.key === key ? Result.succeed(action) : Result.fail(`it is the record of ${action.key}`),
  )

/** The files that an action gave. */
export const refsOf = (action: Pick<Action, "outputs">): ReadonlyArray<ArtifactRef> =>
  action.outputs.flatMap(({ aside, skipped, table }) => [table, aside, skipped].filter((ref) => ref !== undefined))

/** The records `key -> artifacts` of a store. */
export const make = (layout: Layout, settle?: Settle) => {
  const misnamed = (key: string) =>
    new StoreError({
      kind: "io",
      message: `${key} is no key`,
      file: layout.root,
      hint: "a key is x1 and 32 hex digits",
    })

  return {
    action: Effect.fnUntraced(function* (key: string) {
      if (!Hash.isHash(key)) return yield* misnamed(key)
      const file = layout.action(key)
      const bytes = yield* readSmall(file)
      if (bytes === undefined) return undefined
      const decoded = decode(key, bytes)
      if (Result.isSuccess(decoded)) return decoded.success
      yield* quarantine.setAside(layout, file, decoded.failure)
      return undefined
    }),
    record: (action: Action): Effect.Effect<void, StoreError> =>
      Hash.isHash(action.key)
        ? Effect.suspend(() => writeSmall(layout, layout.action(action.key), encode(action), settle))
        : Effect.fail(misnamed(action.key)),
  }
}
