import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { batchNorm } from "./batchNorm.ts"
import type { Normaliser } from "./normalise.ts"
import { type Common, type Group, slotsOf, tensorName } from "./sgdShape.ts"
import { updater } from "./sgdUpdate.ts"
import { softmax } from "./softmax.ts"

/**
 * Some steps of softmax regression by SGD, for many settings at once, as one
 * `Loop`: the rows of each batch are gathered once.
 *
 * In: `features` `[rows, width]`, `labels` `[rows]` int32, `order` int32 (the
 * rows to be used, `batch` a step), `steps` int64, `factor` `[steps]` (of the
 * schedule), and the state: `[settings of the group, size]` for each group g
 * and slot (`weights0`, `weightsMomentum0`, …), `[1, size]` for shared ones.
 * Out: the state after these steps (`…Next`) and `losses{g}`
 * `[steps, settings]`, the mean cross entropy of each batch before its step.
 *
 * Logits stand class by class, `[settings * classes, batch]`. Then the second
 * product, of the residuals and the rows, transposes neither side, which is
 * faster, and the softmax' own pass over the residuals also divides by the
 * number of rows.
 */
export const sgdGraph = (
  common: Common,
  groups: ReadonlyArray<Group>,
  type: "float32" | "float16",
  normaliser: Normaliser,
): Graph.Graph => {
  const { batch, classes, width } = common
  const g = Graph.make("sgd")
  const features = g.input("features", type, ["rows", width])
  const labels = g.input("labels", "int32", ["rows"])
  const order = g.input("order", "int32", ["used"])
  const steps = g.input("steps", "int64", [])
  const factor = g.input("factor", "float32", ["steps"])
  const slots = slotsOf(common)
  const carried = [
    ...groups.flatMap((group, at) =>
      slots.filter(({ shared }) => !shared).map((slot) => ({ slot, name: tensorName(slot, at), rows: group.length })),
    ),
    ...slots.filter(({ shared }) => shared).map((slot) => ({ slot, name: slot.name, rows: 1 })),
  ]
  const starts = carried.map(({ name, rows, slot }) => g.input(name, "float32", [rows, slot.size]))

  const ints = (...values: ReadonlyArray<number>) => g.constant(Tensor.int64([values.length], values))
  const axis0 = ints(0)
  const axis1 = ints(1)
  const batchSize = ints(batch)

  const b = g.body("step")
  const step = b.input("step", "int64", [])
  const going = b.input("going", "bool", [])
  const now = new Map(
    carried.map(({ name, rows, slot }) => [name, b.input(`${name}Now`, "float32", [rows, slot.size])] as const),
  )
  const next = new Map<string, Graph.Value>()
  const state = (name: string) => {
    const found = now.get(name)
    if (found === undefined) throw new Error(`there is no state ${name}`)
    return found
  }

  const from = b.op("Mul", [step, batchSize])
  const chosen = b.op("Slice", [order, from, b.op("Add", [from, batchSize]), axis0])
  const gathered = b.op("Gather", [features, chosen])
  const y = b.op("Gather", [labels, chosen])
  const count = b.op("Cast", [b.op("Shape", [chosen])], { to: 1 })
  const raw = normaliser(b, type === "float32" ? gathered : b.op("Cast", [gathered], { to: 1 }))
  const normed =
    common.batchNorm === "none"
      ? undefined
      : batchNorm(b, raw, count, { mean: state("mean"), variance: state("variance") })
  if (normed !== undefined) {
    next.set("mean", normed.mean)
    next.set("variance", normed.variance)
  }
  const x = normed?.rows ?? raw
  const share = b.op("Reciprocal", [count])
  const factorNow = b.op("Gather", [factor, step])

  const losses = groups.map((group, at) => {
    const settings = group.length
    const tall = ints(settings * classes, width)
    const cube = ints(settings, classes, width)
    const flat = ints(settings, -1)
    const column = ints(settings * classes, 1)
    // One setting is a matrix and several are a cube: reductions of a matrix use all cores.
    const [classAxis, labelShape] = settings === 1 ? [0, ints(1, -1)] : [1, ints(1, 1, -1)]
    const ofRows = settings === 1 ? axis1 : ints(2)
    const of = (name: string) => state(`${name}${at}`)
    const shaped = (value: Graph.Value, shape: Graph.Value) => b.op("Reshape", [value, shape])

    const weights = shaped(of("weights"), tall)
    const affine = common.batchNorm === "affine"
    const spread = (name: string) => shaped(of(name), ints(settings, 1, width))
    const effective = affine ? shaped(b.op("Mul", [shaped(weights, cube), spread("scale")]), tall) : weights
    const shifted = affine
      ? b.op("Add", [
          of("bias"),
          b.op("ReduceSum", [b.op("Mul", [shaped(weights, cube), spread("shift")]), ints(2)], { keepdims: 0 }),
        ])
      : of("bias")
    const product = b.op("Gemm", [effective, x, shaped(shifted, column)], { transB: 1 })
    const logits = settings === 1 ? product : shaped(product, ints(settings, classes, -1))
    const { scaled, total } = softmax(b, logits, settings, share)
    const places = b.op("Expand", [shaped(y, labelShape), b.op("Shape", [total])])
    const hits = b.op("GatherElements", [logits, places], { axis: classAxis })
    const loss = shaped(b.op("ReduceMean", [b.op("Sub", [total, hits]), ofRows], { keepdims: 0 }), ints(settings))
    // The gradient of the mean cross entropy in the logits: (softmax - one-hot) / rows.
    const less = b.op("Expand", [b.op("Neg", [share]), b.op("Shape", [places])])
    const residuals = b.op("ScatterElements", [scaled, places, less], { axis: classAxis, reduction: "add" })
    const errors = settings === 1 ? residuals : shaped(residuals, ints(settings * classes, -1))

    const biasGradient = shaped(b.op("ReduceSum", [errors, axis1], { keepdims: 0 }), flat)
    const update = updater(b, common, group, factorNow)
    const plain = !affine && common.clip === null && common.trust === null
    if (plain) {
      // The product adds onto the scaled buffer itself, which saves passes over the weights.
      const buffer = b.op("Gemm", [errors, x, shaped(of("weightsMomentum"), tall)], {
        beta: Graph.float(common.momentum),
      })
      const moved = update.onto(of("weights"), of("weightsMomentum"), shaped(buffer, flat))
      const bias = update.full("bias", of("bias"), of("biasMomentum"), biasGradient)
      for (const [name, after] of [["weights", moved] as const, ["bias", bias] as const]) {
        next.set(`${name}${at}`, after.parameter)
        next.set(`${name}Momentum${at}`, after.momentum)
      }
      return loss
    }
    const slope = b.op("Gemm", [errors, x])
    const gradients: Array<readonly [string, Graph.Value]> = []
    if (affine) {
      const slopes = shaped(slope, cube)
      const ofBias = shaped(biasGradient, ints(settings, classes, 1))
      const inner = b.op("Add", [b.op("Mul", [slopes, spread("scale")]), b.op("Mul", [ofBias, spread("shift")])])
      const summed = (by: Graph.Value) =>
        b.op("ReduceSum", [b.op("Mul", [shaped(weights, cube), by]), axis1], { keepdims: 0 })
      gradients.push(["weights", shaped(inner, flat)], ["bias", biasGradient])
      gradients.push(["scale", summed(slopes)], ["shift", summed(ofBias)])
    } else {
      gradients.push(["weights", shaped(slope, flat)], ["bias", biasGradient])
    }
    const clipped = update.clip(gradients.map(([, gradient]) => gradient))
    gradients.forEach(([name], i) => {
      const gradient = clipped[i]
      if (gradient === undefined) return
      const kind = name === "weights" ? "matrix" : name === "bias" ? "bias" : "norm"
      const after = update.full(kind, of(name), of(`${name}Momentum`), gradient)
      next.set(`${name}${at}`, after.parameter)
      next.set(`${name}Momentum${at}`, after.momentum)
    })
    return loss
  })

  b.output("goingNext", b.op("Identity", [going]), "bool", [])
  for (const { name, rows, slot } of carried) {
    const after = next.get(name)
    if (after !== undefined) b.output(`${name}Next`, after, "float32", [rows, slot.size])
  }
  groups.forEach((group, at) => {
    const loss = losses[at]
    if (loss !== undefined) b.output(`losses${at}`, loss, "float32", [group.length])
  })
  const ends = g.ops(
    "Loop",
    [steps, g.constant(Tensor.bool([], [true])), ...starts],
    { body: b },
    carried.length + groups.length,
  )
  carried.forEach(({ name, rows, slot }, i) => {
    const end = ends[i]
    if (end !== undefined) g.output(`${name}Next`, end, "float32", [rows, slot.size])
  })
  groups.forEach((group, at) => {
    const end = ends[carried.length + at]
    if (end !== undefined) g.output(`losses${at}`, end, "float32", ["steps", group.length])
  })
  return g
}
