import * as Schema from "effect/Schema"

const Size = Schema.Union([Schema.Int, Schema.String])

/** A value that goes in or comes out. */
const Port = Schema.Struct({
  name: Schema.String,
  type: Schema.String,
  /** A number where the size is fixed, else its name; null where even the rank is not said. */
  dims: Schema.NullOr(Schema.Array(Size)),
})

/** A network within a checkpoint. */
const Network = Schema.Struct({
  /** What stands before its weights' names in the file. */
  weightsAt: Schema.String,
  weights: Schema.Int,
})

/** A checkpoint: what is in it, and the encoder that it gives. */
const Checkpoint = Schema.Struct({
  kind: Schema.Literal("checkpoint"),
  file: Schema.String,
  container: Schema.String,
  /** How many arrays it holds. */
  weights: Schema.Int,
  networks: Schema.Array(Network),
  /** The network that is meant, by what stands before its weights' names. */
  chosen: Schema.String,
  architecture: Schema.String,
  /** Published models that keep the same network at the same place, the likeliest first. */
  alike: Schema.Array(Schema.String),
  inputs: Schema.Array(Port),
  outputs: Schema.Array(Port),
  taps: Schema.Array(Schema.Struct({ name: Schema.String, width: Schema.Int, what: Schema.String })),
  /** Weights of the network that are no part of the encoder. */
  leftOut: Schema.Array(Schema.String),
  /** Weights of the file that belong to no network. */
  beside: Schema.Array(Schema.String),
})

/** An ONNX file. */
const Onnx = Schema.Struct({
  kind: Schema.Literal("onnx"),
  file: Schema.String,
  producer: Schema.String,
  opsets: Schema.Record(Schema.String, Schema.Int),
  inputs: Schema.Array(Port),
  outputs: Schema.Array(Port),
  /** Inner values in the order in which they are computed, which `output` of `extract` may name. */
  taps: Schema.Array(Port),
  weights: Schema.Int,
  /** Files beside it that weights lie in. */
  external: Schema.Array(
    Schema.Struct({
      /** From the model's folder on. */
      file: Schema.String,
      weights: Schema.Int,
      /** What these weights take. */
      bytes: Schema.Int,
      missing: Schema.Boolean,
    }),
  ),
})

/** What a model's file is. */
export const Description = Schema.Union([Checkpoint, Onnx])
export type Description = typeof Description.Type
