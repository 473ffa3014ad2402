import type { Graph } from "../../src/onnx/Graph.ts"

/** An output that a network offers. */
export interface Tap {
  readonly name: string
  readonly width: number
  /** What it is, in a few words. */
  readonly what: string
}

/** A network built from a checkpoint: an ONNX graph of `pixels` `[batch, 3, height, width]`, float32, normalised. */
export interface Built {
  /** `ResNet-50`, `ViT-B/16`. */
  readonly architecture: string
  readonly graph: Graph
  /** The outputs, the usual features first. */
  readonly taps: ReadonlyArray<Tap>
  /** Weights of the network that are no part of the encoder: heads, counters. */
  readonly leftOut: ReadonlyArray<string>
}
