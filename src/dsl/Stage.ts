import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Batch, Row, Table } from "../arrow/Table.ts"
import type { AnyStage, Many, Optional, ParamsSchema, Persist, Reader, Slot, Slots, Step } from "./AnyStage.ts"
import { type Input, isNode, type Node } from "./Node.ts"
import type { StageServices } from "./Services.ts"
import type { RowError, StageError } from "./StageError.ts"

export type {
  AnyEach,
  AnyReaders,
  AnyRows,
  AnyStage,
  AnyWhole,
  Many,
  Optional,
  ParamsSchema,
  Persist,
  Reader,
  Rows,
  Slot,
  Slots,
  Step,
} from "./AnyStage.ts"

/** An input that takes a list of nodes. */
export const many = <T extends Table>(table: T): Many<T> => ({ slot: "many", table })

/** An input that may be left out. */
export const optional = <T extends Table>(table: T): Optional<T> => ({ slot: "optional", table })

type RequiredEdges<I extends Slots> = { readonly [K in keyof I as I[K] extends Optional ? never : K]: Edge<I[K]> }
type OptionalEdges<I extends Slots> = { readonly [K in keyof I as I[K] extends Optional ? K : never]?: Edge<I[K]> }
type Edge<S extends Slot> =
  S extends Many<infer T>
    ? ReadonlyArray<Node<T>>
    : S extends Optional<infer T>
      ? Node<T>
      : S extends Table
        ? Node<S>
        : never

/** The nodes a stage takes: the only one it needs by itself, or a record of all of them. */
export type Edges<I extends Slots> =
  | (RequiredEdges<I> & OptionalEdges<I>)
  | (SoleInput<I> extends infer K extends keyof I ? Edge<I[K]> : never)
type SoleInput<I extends Slots> = Sole<keyof I> | Sole<keyof RequiredEdges<I>>
type Sole<Names extends PropertyKey> = { [K in Names]: [Names] extends [K] ? K : never }[Names]

/** What a stage reads of each input. */
export type Readers<I extends Slots> = {
  readonly [K in keyof I]: I[K] extends Many<infer T>
    ? ReadonlyArray<Reader<T>>
    : I[K] extends Optional<infer T>
      ? Reader<T> | undefined
      : I[K] extends Table
        ? Reader<I[K]>
        : never
}

type TableOf<S extends Slot> = S extends Table ? S : never

/** What every stage says of itself. */
export interface Declaration<I extends Slots, P extends ParamsSchema, O extends Table> {
  /** `import.meta` of the module that declares the stage: its code is the stage's fingerprint. */
  readonly module: { readonly url: string }
  /** Replaces the fingerprint of the code, for those who want to decide by hand. */
  readonly version?: string
  readonly params: P
  readonly inputs: I
  readonly output: O
  /** What outside code, params and inputs can change the numbers: versions, providers. */
  readonly environment?: Effect.Effect<Readonly<Record<string, string>>, StageError>
  /** A short name for a node of this stage, taken from its params (`hog`, `sketch`). */
  label?(params: P["Type"]): string
}

/** Sees all of its inputs at once. */
export interface WholeDeclaration<I extends Slots, P extends ParamsSchema, O extends Table> extends Declaration<
  I,
  P,
  O
> {
  /**
   * A cheap stamp of what lies outside the pipeline (size, time and inode of
   * files). It is part of the key, so the stage runs again when it changes.
   */
  stamp?(params: P["Type"]): Effect.Effect<string, StageError, StageServices>
  run(
    inputs: Readers<I>,
    params: P["Type"],
  ): Effect.Effect<Batch<O> | Stream.Stream<Batch<O>, StageError, StageServices>, StageError, StageServices>
}

/** Walks the shards of one input, batch by batch; sees its other inputs whole. */
export interface RowsDeclaration<
  I extends Slots,
  P extends ParamsSchema,
  O extends Table,
  Over extends keyof I,
> extends Declaration<I, P, O> {
  /** The input that is walked shard by shard. */
  readonly over: Over
  /** `always` where nothing is said. */
  readonly persist?: Persist
  /** Prepares the work once a node (a session, say) and gives what is done to each batch. */
  open(
    inputs: Readers<Omit<I, Over>>,
    params: P["Type"],
  ): Effect.Effect<Step<Batch<TableOf<I[Over]>>, Batch<O>, StageError>, StageError, StageServices>
}

/** As `RowsDeclaration`, but one row at a time: rows of any size stay within memory. */
export interface EachDeclaration<
  I extends Slots,
  P extends ParamsSchema,
  O extends Table,
  Over extends keyof I,
> extends Declaration<I, P, O> {
  readonly over: Over
  readonly persist?: Persist
  /** What happens to a bad row; `fail` where nothing is said. */
  onBadRow?(params: P["Type"]): "fail" | "skip"
  /**
   * Frees what a row that it gave holds outside of JavaScript's heap, once all that
   * walks its rows is done with it and nothing else has asked for it. For large
   * rows, which would wait for a garbage collection; steps must not keep them.
   */
  release?(row: Row<O>): void
  open(
    inputs: Readers<Omit<I, Over>>,
    params: P["Type"],
  ): Effect.Effect<Step<Row<TableOf<I[Over]>>, Row<O>, StageError | RowError>, StageError, StageServices>
}

type Rest<P extends ParamsSchema> = {} extends P["Encoded"] ? [params?: P["Encoded"]] : [params: P["Encoded"]]

/** A stage is a function from nodes to a node. One without inputs takes params alone. */
export type Stage<I extends Slots, P extends ParamsSchema, O extends Table> = AnyStage &
  (keyof I extends never ? (...rest: Rest<P>) => Node<O> : (inputs: Edges<I>, ...rest: Rest<P>) => Node<O>)

const isOptional = (slot: Slot | undefined) => slot !== undefined && "slot" in slot && slot.slot === "optional"

/** The input that a node given by itself fills: the only one there is, or the only one that must be given. */
const soleInput = (inputs: Slots): string | undefined => {
  const names = Object.keys(inputs)
  const candidates = names.length === 1 ? names : names.filter((name) => !isOptional(inputs[name]))
  return candidates.length === 1 ? candidates[0] : undefined
}

const apply = (stage: AnyStage, args: ReadonlyArray<unknown>): Node => {
  const [first, second] = Object.keys(stage.inputs).length === 0 ? [{}, args[0]] : args
  const sole = soleInput(stage.inputs)
  const bare = sole !== undefined && (isNode(first) || Array.isArray(first))
  return {
    _tag: "Node",
    stage,
    params: second ?? {},
    inputs: bare ? { [sole]: first as Input } : (first as Readonly<Record<string, Input>>),
    table: stage.output,
    label: undefined,
    persist: undefined,
  }
}

// The one place where the typed face of a stage and its erased body meet.
const make = <I extends Slots, P extends ParamsSchema, O extends Table>(stage: AnyStage): Stage<I, P, O> => {
  const { name, ...fields } = stage
  const call = (...args: ReadonlyArray<unknown>) => apply(call as unknown as AnyStage, args)
  Object.defineProperty(call, "name", { value: name })
  return Object.assign(call, fields) as unknown as Stage<I, P, O>
}

const declared = (name: string, declaration: Declaration<Slots, ParamsSchema, Table>) => ({
  ...declaration,
  name,
  version: declaration.version,
  environment: declaration.environment,
})

/**
 * Declares a stage that sees its inputs whole and writes one table.
 *
 * @example
 * const count = whole("count", {
 *   module: import.meta,
 *   params: Schema.Struct({}),
 *   inputs: { labels: Labels },
 *   output: Count,
 *   run: ({ labels }) => Effect.succeed({ count: Int32Array.of(labels.rows) }),
 * })
 */
export const whole = <const I extends Slots, P extends ParamsSchema, O extends Table>(
  name: string,
  declaration: WholeDeclaration<I, P, O>,
): Stage<I, P, O> => make({ ...declaration, ...declared(name, declaration), kind: "whole", persist: "always" })

/** Declares a stage that maps batches of one input to batches of its output, shard by shard. */
export const rows = <
  const I extends Slots,
  P extends ParamsSchema,
  O extends Table,
  const Over extends keyof I & string,
>(
  name: string,
  declaration: RowsDeclaration<I, P, O, Over>,
): Stage<I, P, O> =>
  make({ ...declaration, ...declared(name, declaration), kind: "rows", persist: declaration.persist ?? "always" })

/** Declares a stage that maps rows of one input to rows of its output, one at a time. */
export const each = <
  const I extends Slots,
  P extends ParamsSchema,
  O extends Table,
  const Over extends keyof I & string,
>(
  name: string,
  declaration: EachDeclaration<I, P, O, Over>,
): Stage<I, P, O> =>
  make({ ...declaration, ...declared(name, declaration), kind: "each", persist: declaration.persist ?? "always" })
