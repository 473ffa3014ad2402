import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Batch, Table } from "../arrow/Table.ts"
import type { Action, ArtifactRef, Output } from "./Action.ts"
import type { RunRecord } from "./RunRecord.ts"
import type { StoreError } from "./StoreError.ts"

/** A table in the making. Nothing is visible until `finish`; closing the scope without it leaves nothing behind. */
export interface Writer<T extends Table> {
  /** Adds rows. Batches without rows leave no trace. */
  readonly append: (batch: Batch<T>) => Effect.Effect<void, StoreError>
  /** Makes what was appended durable and visible under the hash of its content. */
  readonly finish: Effect.Effect<{ readonly table: ArtifactRef; readonly aside?: ArtifactRef }, StoreError>
}

/** Small files that decide no result, by name. Losing them costs time only, so nothing here fails. */
export interface Memory {
  readonly load: (name: string) => Effect.Effect<Uint8Array | undefined>
  readonly save: (name: string, bytes: Uint8Array) => Effect.Effect<void>
}

/** What every store does, whatever it is made of. */
export interface StoreShape {
  /** Where it lies. */
  readonly root: string
  /** The action recorded under a key, if there is one and it is sound. */
  readonly action: (key: string) => Effect.Effect<Action | undefined, StoreError>
  /** Records an action under its key, in place of a former one. Durable some two seconds later, or with the next run that is recorded. */
  readonly record: (action: Action) => Effect.Effect<void, StoreError>
  /**
   * Whether an artifact is there. Cheap: a file that still carries the store's
   * seal and has the right size is taken for sound; one that was touched since
   * is hashed again, and set aside where it is `damaged`.
   */
  readonly check: (ref: ArtifactRef) => Effect.Effect<"present" | "absent" | "damaged", StoreError>
  /**
   * The rows of an output, batch by batch. What is read for the first time in
   * this process is hashed before the first row is given out. A table without
   * rows gives one batch without rows, so that a tensor's shape is not lost.
   */
  readonly read: <T extends Table>(table: T, output: Output) => Stream.Stream<Batch<T>, StoreError>
  /** Begins an artifact, and its companion where the table has `aside` columns. */
  readonly writer: <T extends Table>(table: T) => Effect.Effect<Writer<T>, StoreError, Scope.Scope>
  /** Records a run. */
  readonly saveRun: (record: RunRecord) => Effect.Effect<void, StoreError>
  /** The last `n` runs, the latest first. */
  readonly lastRuns: (n: number) => Effect.Effect<ReadonlyArray<RunRecord>, StoreError>
  readonly memo: Memory
}
