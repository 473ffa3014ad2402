/** A store that keeps everything in memory: the engine's own behaviour, without disks. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Batch from "../../src/arrow/Batch.ts"
import type { Batch as BatchOf, Table } from "../../src/arrow/Table.ts"
import * as Hash from "../../src/hash/Hash.ts"
import type { Action, ArtifactRef } from "../../src/store/Action.ts"
import type { RunRecord } from "../../src/store/RunRecord.ts"
import { Store, type Writer } from "../../src/store/Store.ts"
import { StoreError } from "../../src/store/StoreError.ts"

/** What a store in memory holds. Batches are kept as they were appended. */
export interface Contents {
  readonly artifacts: Map<string, ReadonlyArray<BatchOf<Table>>>
  readonly actions: Map<string, Action>
  readonly runs: Array<RunRecord>
  /** Hashes in the order in which they were read. */
  readonly reads: Array<string>
}

export const contents = (): Contents => ({ artifacts: new Map(), actions: new Map(), runs: [], reads: [] })

const plain = (value: unknown): unknown =>
  ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Uint8Array) : value
const text = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => plain(part))

/** A store over these contents: whoever shares them shares the store. */
export const make = (held: Contents): Store["Service"] => {
  const save = (table: Table, batches: ReadonlyArray<BatchOf<Table>>): ArtifactRef => {
    const written = text([Object.entries(table.columns), batches])
    const hash = Hash.ofText(written)
    held.artifacts.set(hash, batches)
    return { hash, rows: batches.reduce((sum, batch) => sum + Batch.rowCount(table, batch), 0), bytes: written.length }
  }
  const load = (hash: string) =>
    Effect.suspend(() => {
      held.reads.push(hash)
      const batches = held.artifacts.get(hash)
      if (batches !== undefined) return Effect.succeed(batches)
      const fields = { kind: "damaged", message: `${hash} is missing`, file: hash, hint: "run again", hash } as const
      return Effect.fail(new StoreError(fields))
    })
  const parts = (table: Table) => {
    const isAside = (name: string) => table.aside.includes(name)
    return [Batch.only(table, (name) => !isAside(name)), Batch.only(table, isAside)] as const
  }
  const writer = <T extends Table>(table: T): Effect.Effect<Writer<T>> =>
    Effect.sync(() => {
      const [main, aside] = parts(table)
      const kept: Array<BatchOf<T>> = []
      return {
        append: (batch) =>
          Effect.sync(() => {
            if (Batch.rowCount(table, batch) > 0) kept.push(batch)
          }),
        finish: Effect.sync(() => ({
          table: save(
            main,
            kept.map((batch) => Batch.pick(main, batch, Object.keys(main.columns))),
          ),
          ...(table.aside.length === 0
            ? {}
            : {
                aside: save(
                  aside,
                  kept.map((batch) => Batch.pick(aside, batch, table.aside)),
                ),
              }),
        })),
      }
    })
  return {
    root: "/",
    action: (key) => Effect.sync(() => held.actions.get(key)),
    record: (action) => Effect.sync(() => void held.actions.set(action.key, action)),
    check: (ref) => Effect.sync(() => (held.artifacts.has(ref.hash) ? "present" : "absent")),
    read: <T extends Table>(table: T, output: Action["outputs"][number]): Stream.Stream<BatchOf<T>, StoreError> =>
      Stream.unwrap(
        Effect.gen(function* () {
          const main = yield* load(output.table.hash)
          const aside = output.aside === undefined ? [] : yield* load(output.aside.hash)
          const batches = main.map((batch, i) => ({ ...batch, ...aside[i] }) as BatchOf<T>)
          return Stream.fromIterable(batches.length === 0 ? [Batch.fromRows(table, [])] : batches)
        }),
      ),
    writer,
    saveRun: (record) => Effect.sync(() => void held.runs.unshift(record)),
    lastRuns: (n) => Effect.sync(() => held.runs.slice(0, n)),
    memo: { load: () => Effect.undefined, save: () => Effect.void },
  }
}

export const layer = (held: Contents): Layer.Layer<Store> => Layer.succeed(Store, make(held))
