/** What may be taken from the tokens of a vision transformer's layers. */
import type * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Tap } from "./Built.ts"
import type { Taking } from "./Candidate.ts"
import { linear, norm } from "./vitBlock.ts"

/** The most last layers whose class tokens may be had together: DINO and iBOT take four. */
const mostLayers = 4

interface Encoded {
  /** Tokens behind each block, `[batch * tokens, width]`. */
  readonly layers: readonly [Graph.Value, ...ReadonlyArray<Graph.Value>]
  /** The number of tokens, `[1]` of int64. */
  readonly tokens: Graph.Value
  /** Whether the first token is the class's. */
  readonly hasToken: boolean
  readonly width: number
  /** Whether the average of patches is what its authors use. */
  readonly averaged: boolean
}

/** Declares the outputs, `features` first. */
export const taps = (g: Graph.Graph, taken: Taking, encoded: Encoded): ReadonlyArray<Tap> => {
  const { hasToken, layers, tokens, width } = encoded
  const found: Array<Tap> = []
  const offer = (name: string, value: Graph.Value, wide: number, what: string) => {
    g.output(name, g.op("Identity", [value]), "float32", ["batch", wide])
    found.push({ name, width: wide, what })
  }
  const ints = (...values: ReadonlyArray<number>) => g.constant(Tensor.int64([values.length], values))
  const rows = g.op("Concat", [ints(-1), tokens, ints(width)], { axis: 0 })
  const images = (flat: Graph.Value) => g.op("Reshape", [flat, rows])
  const first = (flat: Graph.Value) => g.op("Gather", [images(flat), g.constant(Tensor.int64([], [0]))], { axis: 1 })
  const average = (flat: Graph.Value) => {
    const all = images(flat)
    const patches = hasToken ? g.op("Slice", [all, ints(1), ints(2 ** 31), ints(1)]) : all
    return g.op("ReduceMean", [patches, ints(1)], { keepdims: 0 })
  }
  const normed = (value: Graph.Value) => norm(g, taken, "norm", value, width)

  const last = layers.at(-1) ?? layers[0]
  // With a normalisation behind the average there is usually none behind the tokens.
  const behind = taken.has("fc_norm.weight")
  const each = !behind || taken.has("norm.weight")
  const averaged = behind || !hasToken || encoded.averaged
  const pooled = norm(g, taken, behind ? "fc_norm" : "norm", average(last), width)
  const token = each && hasToken ? normed(first(last)) : undefined
  const usual = averaged || token === undefined ? pooled : token
  offer("features", usual, width, usual === pooled ? "average of the patches, then normalised" : "class token")
  if (token !== undefined) offer("class", token, width, "class token")
  offer("pooled", pooled, width, "average of the patches, then normalised")
  if (each) {
    const patches = average(normed(last))
    offer("patches", patches, width, "average of the normalised patches")
    if (token !== undefined) {
      const both = g.op("Concat", [token, patches], { axis: 1 })
      offer("class-patches", both, 2 * width, "class token, then average of the normalised patches")
      const classes = layers.slice(-mostLayers).map((layer) => normed(first(layer)))
      for (let count = 2; count <= classes.length; count++) {
        const value = g.op("Concat", classes.slice(-count), { axis: 1 })
        offer(`last${count}`, value, count * width, `class tokens of the last ${count} layers`)
      }
    }
  }
  if (taken.has("head.weight") && taken.has("head.bias")) {
    const { shape } = taken.take("head.weight")
    const [classes = 0, into] = shape
    if (shape.length === 2 && into === width) {
      const logits = linear(g, taken, usual, { name: "head", into: width, out: classes })
      offer("logits", logits, classes, "scores of the network's own classes")
    }
  }
  return found
}
