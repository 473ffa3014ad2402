import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { runningNorm } from "./batchNorm.ts"
import type { Normaliser } from "./normalise.ts"
import { open } from "./numeric.ts"
import type { Problem } from "./Problem.ts"
import { type Common, type Group, slotsOf, tensorName } from "./sgdShape.ts"

// Rows whose logits are in memory at once.
const portion = 1024

/** Counts the rows whose highest logit is the label's, by setting; of equal logits the lowest class counts. */
const hitsGraph = (common: Common, groups: ReadonlyArray<Group>, rows: number, normaliser: Normaliser) => {
  const { classes, width } = common
  const g = Graph.make("heldOut")
  const features = g.input("features", "float32", [rows, width])
  const labels = g.input("labels", "int32", [rows])
  const settings = groups.reduce((sum, group) => sum + group.length, 0)
  const parameters = new Map(
    slotsOf(common)
      .filter(({ name }) => !name.endsWith("Momentum"))
      .flatMap((slot) =>
        groups.map((group, at) => [tensorName(slot, at), [slot.shared ? 1 : group.length, slot.size]] as const),
      ),
  )
  const inputs = new Map([...parameters].map(([name, dims]) => [name, g.input(name, "float32", dims)] as const))
  const of = (name: string) => {
    const found = inputs.get(name)
    if (found === undefined) throw new Error(`there is no state ${name}`)
    return found
  }
  const ints = (...values: ReadonlyArray<number>) => g.constant(Tensor.int64([values.length], values))
  const b = g.body("part")
  const part = b.input("part", "int64", [])
  const going = b.input("going", "bool", [])
  const before = b.input("before", "float32", [settings])
  const from = b.op("Mul", [part, ints(portion)])
  const to = b.op("Add", [from, ints(portion)])
  const raw = normaliser(b, b.op("Slice", [features, from, to, ints(0)]))
  const y = b.op("Reshape", [b.op("Cast", [b.op("Slice", [labels, from, to, ints(0)])], { to: 7 }), ints(-1, 1)])
  const x = common.batchNorm === "none" ? raw : runningNorm(b, raw, { mean: of("mean"), variance: of("variance") })
  const hits = groups.map((group, at) => {
    const shaped = (name: string, ...dims: ReadonlyArray<number>) =>
      b.op("Reshape", [of(`${name}${at}`), ints(...dims)])
    const cube = shaped("weights", group.length, classes, width)
    const affine = common.batchNorm === "affine"
    const weights = affine ? b.op("Mul", [cube, shaped("scale", group.length, 1, width)]) : cube
    const shift = () =>
      b.op("ReduceSum", [b.op("Mul", [cube, shaped("shift", group.length, 1, width)]), ints(2)], { keepdims: 0 })
    const bias = affine ? b.op("Add", [of(`bias${at}`), shift()]) : of(`bias${at}`)
    const flat = b.op("Reshape", [weights, ints(group.length * classes, width)])
    const logits = b.op("Gemm", [x, flat, b.op("Reshape", [bias, ints(-1)])], { transB: 1 })
    const best = b.op("ArgMax", [b.op("Reshape", [logits, ints(-1, group.length, classes)])], { axis: 2, keepdims: 0 })
    return b.op("ReduceSum", [b.op("Cast", [b.op("Equal", [best, y])], { to: 1 }), ints(0)], { keepdims: 0 })
  })
  b.output("goingNext", b.op("Identity", [going]), "bool", [])
  b.output("after", b.op("Add", [before, b.op("Concat", hits, { axis: 0 })]), "float32", [settings])
  const [found] = g.ops(
    "Loop",
    [
      g.constant(Tensor.int64([], [Math.ceil(rows / portion)])),
      g.constant(Tensor.bool([], [true])),
      g.constant(Tensor.float32([settings], new Float32Array(settings))),
    ],
    { body: b },
    1,
  )
  g.output("hits", found, "float32", [settings])
  return { graph: g, names: [...parameters.keys()] }
}

/** Measures settings, given the tensors of their groups: the accuracy of each, 0..1. Closed with the scope. */
export const openMeasure = Effect.fnUntraced(function* (
  { features, labels, rows }: Problem,
  normaliser: Normaliser,
  common: Common,
  groups: ReadonlyArray<Group>,
) {
  const { graph, names } = hitsGraph(common, groups, rows, normaliser)
  const settings = groups.reduce((sum, group) => sum + group.length, 0)
  const engine = yield* open(yield* graph.bytes, {
    failure: "the held-out part cannot be scored",
    work: rows * common.width * common.classes * settings,
  })
  const all =
    features.resident ?? Tensor.float32([rows, common.width], yield* features.copy(Int32Array.from(labels.keys())))
  yield* engine.hold({ features: all, labels: Tensor.int32([rows], labels) })
  return Effect.fnUntraced(function* (tensors: Readonly<Record<string, Tensor.TensorOf<"float32">>>) {
    const fed = Object.fromEntries(
      names.flatMap((name) => (tensors[name] === undefined ? [] : [[name, tensors[name]]])),
    )
    const { hits } = yield* engine.run(fed, { hits: "float32" })
    return Array.from(hits.data, (count) => count / rows)
  })
})
