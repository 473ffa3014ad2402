/** Stages with their types forgotten, as the engine works with them, and the words they are told in. */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Batch, Row, Table } from "../arrow/Table.ts"
import type { StageServices } from "./Services.ts"
import type { RowError, StageError } from "./StageError.ts"

/** A schema of params: read and written without services. */
export type ParamsSchema = Schema.Codec<unknown, unknown>

/** An input that takes a list of nodes. */
export interface Many<out T extends Table = Table> {
  readonly slot: "many"
  readonly table: T
}

/** An input that may be left out. */
export interface Optional<out T extends Table = Table> {
  readonly slot: "optional"
  readonly table: T
}

/** What an input accepts: a node of a table, a list of them, or one that may be missing. */
export type Slot = Table | Many | Optional

/** Inputs by name. */
export type Slots = Readonly<Record<string, Slot>>

/** A function compared as a method is: a typed stage then fits where its types are forgotten. */
export type Step<A, B, E> = { call(a: A): Effect.Effect<B, E, StageServices> }["call"]

/** Rows that are read batch by batch, as often as wanted; memory holds a batch at a time. */
export interface Rows<T extends Table> {
  /** How many rows there are. */
  readonly rows: number
  /** The rows in order. */
  readonly batches: Stream.Stream<Batch<T>, StageError>
}

/** An input as a whole-table stage sees it. */
export interface Reader<T extends Table> extends Rows<T> {
  /** The same rows shard by shard, for those who read them in an order of their own. */
  readonly shards: ReadonlyArray<Rows<T>>
  /** All rows at once. */
  readonly all: Effect.Effect<Batch<T>, StageError>
}

/**
 * Whether results are written to the store.
 * - `always`: written; what stands on them is keyed by their content.
 * - `budget`: written while the pixel budget lasts, computed again where not.
 * - `never`: streamed.
 * What stands on the last two is keyed by their key, so it is the same either way.
 */
export type Persist = "always" | "budget" | "never"

/** Readers by input, as the engine hands them over. */
export type AnyReaders = Readonly<Record<string, Reader<Table> | ReadonlyArray<Reader<Table>> | undefined>>

interface AnyDeclaration {
  readonly name: string
  readonly module: { readonly url: string }
  readonly version: string | undefined
  readonly params: ParamsSchema
  readonly inputs: Slots
  readonly output: Table
  readonly environment: Effect.Effect<Readonly<Record<string, string>>, StageError> | undefined
  label?(params: unknown): string
}

/** A whole-table stage, its types forgotten. Methods, so that any declaration fits. */
export interface AnyWhole extends AnyDeclaration {
  readonly kind: "whole"
  readonly persist: "always"
  stamp?(params: unknown): Effect.Effect<string, StageError, StageServices>
  run(
    inputs: AnyReaders,
    params: unknown,
  ): Effect.Effect<Batch<Table> | Stream.Stream<Batch<Table>, StageError, StageServices>, StageError, StageServices>
}

/** A batch-wise stage, its types forgotten. */
export interface AnyRows extends AnyDeclaration {
  readonly kind: "rows"
  readonly over: string
  readonly persist: Persist
  open(
    inputs: AnyReaders,
    params: unknown,
  ): Effect.Effect<Step<Batch<Table>, Batch<Table>, StageError>, StageError, StageServices>
}

/** A row-by-row stage, its types forgotten. */
export interface AnyEach extends AnyDeclaration {
  readonly kind: "each"
  readonly over: string
  readonly persist: Persist
  onBadRow?(params: unknown): "fail" | "skip"
  release?(row: Row<Table>): void
  open(
    inputs: AnyReaders,
    params: unknown,
  ): Effect.Effect<Step<Row<Table>, Row<Table>, StageError | RowError>, StageError, StageServices>
}

/** Any stage, its types forgotten: what the engine works with. */
export type AnyStage = AnyWhole | AnyRows | AnyEach
