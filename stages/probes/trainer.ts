import * as Effect from "effect/Effect"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Block, Segment } from "./FeatureRows.ts"
import type { Normaliser } from "./normalise.ts"
import { open } from "./numeric.ts"
import type { Problem } from "./Problem.ts"
import { factorAt } from "./schedule.ts"
import { type Sgd, stepsOf } from "./sgd.ts"
import { sgdGraph } from "./sgdGraph.ts"
import { type Common, grouped, joined, parted, type Setting, slotsOf, type State, type Tensors } from "./sgdShape.ts"

// A run ends after so many multiplications (some seconds), so that it can be interrupted, …
const atOnce = 1e12
// … and no sooner than after so many steps, as the state crosses from and to the engine.
const fewest = 64

/** Settings that are trained side by side, from one state to the next. */
export interface Trainer {
  /** Takes steps, the first of which is number `step` of all: gives the mean loss of each, by setting. */
  run(segment: Segment, from: number, to: number, step: number): Effect.Effect<ReadonlyArray<Float32Array>, StageError>
  /** The groups' tensors, by name: the next run changes them. */
  readonly tensors: () => Tensors
  /** Each setting's state, as views of the tensors. */
  readonly states: () => ReadonlyArray<State>
}

/** Opens a graph for some of the settings; it is closed with the scope. */
export const openTrainer = Effect.fnUntraced(function* (
  problem: Problem,
  normaliser: Normaliser,
  sgd: Sgd,
  settings: ReadonlyArray<Setting>,
  states: ReadonlyArray<State>,
) {
  const common: Common = { ...sgd, width: problem.width, classes: problem.classes }
  const slots = slotsOf(common)
  const groups = grouped(settings, common)
  const steps = stepsOf(problem.rows, sgd)
  const work = 2 * sgd.batch * problem.width * problem.classes * settings.length
  const graph = sgdGraph(common, groups, problem.features.type, normaliser)
  const engine = yield* open(yield* graph.bytes, {
    failure: "the probe cannot be trained",
    work: work * Math.min(steps.perPass, steps.perEpoch),
  })
  const tensors = joined(slots, groups, states)
  const wanted: Record<string, "float32"> = Object.fromEntries([
    ...Object.keys(tensors).map((name) => [`${name}Next`, "float32"] as const),
    ...groups.map((_, at) => [`losses${at}`, "float32"] as const),
  ])
  let held: { readonly features: Block; readonly labels: Int32Array } | undefined
  const most = Math.max(fewest, Math.floor(atOnce / work))

  const some = Effect.fnUntraced(function* (order: Int32Array, step: number) {
    const count = Math.ceil(order.length / sgd.batch)
    const factor = Float32Array.from({ length: count }, (_, i) =>
      factorAt(sgd.schedule, { step: step + i, stepsPerEpoch: steps.perEpoch, epochs: sgd.epochs }),
    )
    const made = yield* engine.run(
      {
        ...tensors,
        order: Tensor.int32([order.length], order),
        steps: Tensor.int64([], [count]),
        factor: Tensor.float32([count], factor),
      },
      wanted,
    )
    for (const [name, { data }] of Object.entries(tensors)) data.set(made[`${name}Next`]?.data ?? [])
    return groups.flatMap((group, at) => {
      const data = made[`losses${at}`]?.data ?? new Float32Array(0)
      return group.map((_, i) => Float32Array.from({ length: count }, (_, t) => data[t * group.length + i] ?? NaN))
    })
  })

  const trainer: Trainer = {
    run: Effect.fnUntraced(function* (segment, from, to, step) {
      if (held?.features !== segment.features || held.labels !== segment.labels) {
        const { features, labels } = segment
        yield* engine.hold({ features, labels: Tensor.int32([labels.length], labels) })
        held = { features, labels }
      }
      const losses = settings.map(() => new Float32Array(to - from))
      for (let at = from; at < to; at += most) {
        const end = Math.min(at + most, to)
        const made = yield* some(segment.order.subarray(at * sgd.batch, end * sgd.batch), step + at - from)
        for (const [i, part] of made.entries()) losses[i]?.set(part, at - from)
      }
      return losses
    }),
    tensors: () => tensors,
    states: () => parted(slots, groups, tensors),
  }
  return { trainer, groups }
})
