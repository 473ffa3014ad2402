import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { StageError } from "../../src/dsl/StageError.ts"
import type * as Tensor from "../../src/onnx/Tensor.ts"

/** Rows of features as they are fed to graphs: `[rows, width]`. */
export type Block = Tensor.TensorOf<"float32"> | Tensor.TensorOf<"float16">

/** A stretch of an epoch: rows in memory, and the order in which they are used. */
export interface Segment {
  /** The same tensor in every segment where all rows are resident. */
  readonly features: Block
  /** `[rows of features]` */
  readonly labels: Int32Array
  /** Places in `features`, each row of the epoch once: whole batches, but for the last segment of an epoch. */
  readonly order: Int32Array
}

/** Labelled rows of features: in memory, or read again from the shards on each pass. */
export interface FeatureRows {
  readonly rows: number
  readonly width: number
  /** The element type of the blocks: float16 where only that fits into the memory that is allowed. */
  readonly type: "float32" | "float16"
  /** All rows in shared memory where they fit; undefined where they are read from the shards, or are some of more. */
  readonly resident: Block | undefined
  /**
   * All rows in order, in blocks of at most `size` rows, each with the row that it
   * starts at. What is read from shards stays as it is until the next block is asked for.
   */
  readonly blocks: (size: number) => Stream.Stream<{ readonly start: number; readonly block: Block }, StageError>
  /**
   * One pass over the rows in an order drawn from the seed and the epoch. Where
   * all is resident, any order is as likely (Fisher and Yates' shuffle), whatever
   * the shards. Otherwise the shards are read in a drawn order into a buffer, of
   * which the rows are drawn in turn: neighbours in the set may stay near each other. Such a segment
   * stays as it is until the next one is asked for.
   */
  readonly epoch: (options: {
    readonly batch: number
    readonly seed: number
    readonly epoch: number
  }) => Stream.Stream<Segment, StageError>
  /** These rows by themselves, in the order given (ascending); views of the same memory or shards. */
  readonly select: (rows: Int32Array) => FeatureRows
  /** A copy of these rows in memory of their own, float32. */
  readonly copy: (rows: Int32Array) => Effect.Effect<Float32Array, StageError>
}
