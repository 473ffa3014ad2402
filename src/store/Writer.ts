import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Batch from "../arrow/Batch.ts"
import type { IpcError } from "../arrow/IpcError.ts"
import type { Table } from "../arrow/Table.ts"
import * as Hash from "../hash/Hash.ts"
import type { ArtifactRef } from "./Action.ts"
import type { Ipc } from "./read.ts"
import type { Settle } from "./Settle.ts"
import type { Layout } from "./Layout.ts"
import { StoreError } from "./StoreError.ts"
import type { Writer } from "./StoreShape.ts"
import * as Temp from "./Temp.ts"

/** What `finish` gives. */
interface Written {
  readonly table: ArtifactRef
  readonly aside?: ArtifactRef
}

const fromIpc = (error: StoreError | IpcError): StoreError =>
  error._tag === "StoreError"
    ? error
    : new StoreError({
        kind: "io",
        message: error.message,
        file: error.file,
        hint: "the stage gave a batch that does not fit its table",
      })

/** Begins one artifact: hashed while it is written, named by the hash when it is done. */
const artifact = Effect.fnUntraced(function* (layout: Layout, table: Table, { done, ipc, settle }: Settings) {
  const Ipc = yield* ipc
  const temp = yield* Temp.make(layout, settle)
  const hash = Hash.hasher()
  let bytes = 0
  const encoder = Ipc.encoder(table, table.name, (chunks) =>
    temp.write(chunks, () => {
      for (const chunk of chunks) {
        hash.update(chunk)
        bytes += chunk.byteLength
      }
    }),
  )
  return {
    append: encoder.append,
    finish: Effect.gen(function* () {
      const rows = yield* encoder.finish
      const ref: ArtifactRef = { hash: hash.digest(), rows, bytes }
      yield* temp.publish(layout.artifact(ref.hash), "sealed")
      yield* done(ref)
      return ref
    }),
  }
})

/** What happens to artifacts once they are written. */
interface Settings {
  readonly ipc: Ipc
  readonly settle?: Settle
  /** Hears of each that is in its place. */
  readonly done: (ref: ArtifactRef) => Effect.Effect<void>
}

/** Begins a table: its own columns in one artifact, those `aside` in another. */
export const make = <T extends Table>(
  layout: Layout,
  table: T,
  settings: Settings,
): Effect.Effect<Writer<T>, StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const isAside = (name: string) => table.aside.includes(name)
    const parts = [Batch.only(table, (name) => !isAside(name)), Batch.only(table, isAside)] as const
    const main = yield* artifact(layout, parts[0], settings)
    const companion = table.aside.length > 0 ? yield* artifact(layout, parts[1], settings) : undefined
    return {
      append: (batch) =>
        Effect.gen(function* () {
          yield* main.append(batch)
          if (companion !== undefined) yield* companion.append(batch)
        }).pipe(Effect.mapError(fromIpc)),
      finish: Effect.gen(function* () {
        const written = yield* main.finish
        if (companion === undefined) return { table: written } satisfies Written
        return { table: written, aside: yield* companion.finish } satisfies Written
      }).pipe(Effect.mapError(fromIpc)),
    }
  })
