import type { Graph, Value } from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

/** What the gradient and the loss need of logits. */
export interface Softmax {
  /** The probabilities times `share`, in the logits' shape. */
  readonly scaled: Value
  /** The logarithm of the sum of exponentials over the classes: the logits' shape with 1 class. */
  readonly total: Value
}

/**
 * Softmax over the classes of logits `[settings, classes, batch]`, or
 * `[classes, batch]` of one setting. The highest logit is looked for,
 * and subtracted, only where exponentials would otherwise overflow, or vanish
 * for a whole row: that search costs more than all the rest.
 */
export const softmax = (g: Graph, logits: Value, settings: number, share: Value): Softmax => {
  const axis = g.constant(Tensor.int64([1], [settings === 1 ? 0 : 1]))
  const dims = settings === 1 ? [] : [settings]
  const scalar = (value: number) => g.constant(Tensor.float32([], [value]))
  const extreme = (type: "ReduceMin" | "ReduceMax", value: Value) => g.op(type, [value], { keepdims: 0 })
  const powers = g.op("Exp", [logits])
  const sums = g.op("ReduceSum", [powers, axis], { keepdims: 1 })
  // False for NaN too.
  const safe = g.op("And", [
    g.op("Greater", [extreme("ReduceMin", sums), scalar(1e-30)]),
    g.op("Less", [extreme("ReduceMax", sums), scalar(1e37)]),
  ])
  const branch = (name: string, make: (b: Graph) => Softmax): Graph => {
    const b = g.body(name)
    const { scaled, total } = make(b)
    b.output(`${name}Scaled`, scaled, "float32", [...dims, "classes", "batch"])
    b.output(`${name}Total`, total, "float32", [...dims, 1, "batch"])
    return b
  }
  const divided = (b: Graph, of: Value, by: Value) => b.op("Mul", [of, b.op("Div", [share, by])])
  const plain = branch("plain", (b) => ({ scaled: divided(b, powers, sums), total: b.op("Log", [sums]) }))
  const shifted = branch("shifted", (b) => {
    const highest = b.op("ReduceMax", [logits, axis], { keepdims: 1 })
    const powers = b.op("Exp", [b.op("Sub", [logits, highest])])
    const sums = b.op("ReduceSum", [powers, axis], { keepdims: 1 })
    return { scaled: divided(b, powers, sums), total: b.op("Add", [highest, b.op("Log", [sums])]) }
  })
  const [scaled, total] = g.ops("If", [safe], { then_branch: plain, else_branch: shifted }, 2)
  return { scaled, total }
}
