/** A whole-table stage, run once. */
export interface WholeTask {
  readonly kind: "whole"
  readonly node: number
  /** The streamed nodes that are computed while it reads its inputs. */
  readonly feeding: ReadonlyArray<number>
}

/**
 * A shard through one or several row-wise nodes: those in `sinks` are written,
 * the rest of `nodes` only feeds them. What they share is computed once.
 */
export interface ShardTask {
  readonly kind: "shards"
  readonly shard: number
  /** The stored node that the shard is read from. */
  readonly base: number
  /** Inputs before what stands on them. */
  readonly nodes: ReadonlyArray<number>
  readonly sinks: ReadonlyArray<number>
}

/** What the executor does at once. */
export type Task = WholeTask | ShardTask

/** The nodes that a task writes, and which of their units. */
export const sinksOf = (task: Task): { readonly unit: number; readonly sinks: ReadonlyArray<number> } =>
  task.kind === "whole" ? { unit: 0, sinks: [task.node] } : { unit: task.shard, sinks: task.sinks }
