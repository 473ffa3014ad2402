import * as Effect from "effect/Effect"
import { type Cores, Progress } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { inverse } from "./inverse.ts"
import { dot, minimise, type Minimisation, type Point } from "./lbfgs.ts"
import type { Linear } from "./linearModel.ts"
import { linearOf, openMultinomial, type Place, type Precision } from "./multinomial.ts"
import type { Normaliser } from "./normalise.ts"
import { open } from "./numeric.ts"
import type { Problem } from "./Problem.ts"
import { type Scatter, scatter } from "./scatter.ts"

/** When a fit ends. */
export interface Ending {
  /** The largest number in the gradient of scikit-learn's objective that counts as none. */
  readonly tol: number
  readonly iterations: number
}

/** One fit by one C. */
export interface Outcome {
  readonly linear: Linear
  /** The objective over C · rows: before the first step, and after each. */
  readonly losses: ReadonlyArray<number>
  /** Why it ended before its optimum, or undefined. */
  readonly stopped: string | undefined
}

// Below this logit a class without rows is never preferred to one with; far from where float32 ends.
const never = -1e30
// How float32 and float64 end a search: by how little a step lowers the value, relatively.
const least = { float32: 3e-7, float64: 64 * Number.EPSILON }
const noise = { float32: 1e-7, float64: 4 * Number.EPSILON }

/** The labels counted without gaps, and the classes that they stand for. */
const compact = (problem: Problem) => {
  const present = Int32Array.from(new Set(problem.labels)).sort()
  const place = new Map(Array.from(present, (label, at) => [label, at] as const))
  const labels = problem.labels.map((label) => place.get(label) ?? 0)
  return { present, problem: { ...problem, labels, classes: present.length } }
}

/** Weights and bias of all classes; classes without rows have none and the lowest score. */
const spread = (linear: Linear, present: Int32Array, classes: number, width: number): Linear => {
  const all = { weights: new Float64Array(classes * width), bias: new Float64Array(classes).fill(never) }
  for (const [at, label] of present.entries()) {
    all.weights.set(linear.weights.subarray(at * width, (at + 1) * width), label * width)
    all.bias[label] = linear.bias[at] ?? 0
  }
  return all
}

/** The inverse of `spread`, as a place of the search. */
const placeOf = ({ bias, weights }: Linear, present: Int32Array, mean: Float64Array) => {
  const width = mean.length
  const place = new Float64Array(present.length * (width + 1))
  for (const [at, label] of present.entries()) {
    const row = weights.subarray(label * width, (label + 1) * width)
    place.set(row, at * width)
    const own = bias[label] ?? 0
    if (own > never) place[present.length * width + at] = row.reduce((sum, x, i) => sum + x * (mean[i] ?? 0), own)
  }
  return place
}

// A rough inverse is made anew when what it was made of has changed by this factor.
const stale = 2

interface Made {
  readonly largest: number
  readonly share: number
  readonly curvature: Float64Array
}

const mean = (numbers: Float64Array) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length

/**
 * A rough inverse of the Hessian: as if each row had the same, mean curvature
 * p(1 - p), so that one matrix serves all classes. It is made again as rows
 * are told apart and the curvature falls. Closed with the scope.
 */
const openPreconditioner = Effect.fnUntraced(function* (
  sums: Scatter,
  { classes, rows, width }: Problem,
  penalty: number,
) {
  const g = Graph.make("precondition")
  const vector = g.input("vector", "float32", [classes, width])
  const by = g.input("by", "float32", [width, width])
  g.output("product", g.op("MatMul", [vector, by]), "float32", [classes, width])
  const engine = yield* open(yield* g.bytes, { failure: "no step can be found", work: classes * width * width })
  let trace = 0
  for (let i = 0; i < width; i++) trace += (sums.scatter[i * width + i] ?? 0) / rows
  let made: Made = { largest: 1, share: Infinity, curvature: new Float64Array(classes) }

  const renew = Effect.fnUntraced(function* (curvature: Float64Array) {
    const share = mean(curvature)
    if (!(share < made.share / stale || share > made.share * stale)) return
    const matrix = sums.scatter.map((x) => (share * x) / rows)
    // Where the penalty is lost beside the features, float32 has no digits for what the features do not span.
    const floor = Math.max(penalty, (1e-5 * share * trace) / width)
    for (let i = 0; i < width; i++) matrix[i * width + i] = (matrix[i * width + i] ?? 0) + floor
    const inverted = yield* inverse(matrix, width)
    // The largest number is made 1: float32 ends at 1e38.
    const largest = inverted.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    yield* engine.hold({
      by: Tensor.float32(
        [width, width],
        Float32Array.from(inverted, (x) => x / largest),
      ),
    })
    made = { largest, share, curvature }
  })
  const precondition = Effect.fnUntraced(function* (gradient: Float64Array) {
    const length = gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1
    const fed = Tensor.float32(
      [classes, width],
      Float32Array.from(gradient.subarray(0, classes * width), (x) => x / length),
    )
    const { product } = yield* engine.run({ vector: fed }, { product: "float32" })
    const step = new Float64Array(gradient.length)
    const { curvature, largest, share } = made
    for (let i = 0; i < product.data.length; i++) step[i] = (product.data[i] ?? 0) * length * largest
    for (let c = 0; c < classes; c++) {
      const at = classes * width + c
      step[at] = (gradient[at] ?? 0) / Math.max(curvature[c] ?? 0, 1e-3 * share)
    }
    return step
  })
  return { renew, precondition }
})

// How near to its minimum, relatively, the objective must be.
const near = 5e-7
// A search that ends farther away than this has failed.
const far = 1e-3

/** The value is no more than this above its minimum, as far as the weights go: the penalty alone curves it so much. */
const gap = ({ gradient }: Point, penalty: number) => dot(gradient, gradient) / (2 * penalty)

const steepest = ({ gradient }: Point) => gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0)

/**
 * Prepares multinomial logistic regression of a problem: weights w and bias
 * that minimise `C · sum of -log p(label) + |w|² / 2`, as scikit-learn says it.
 *
 * Steps are searched for in float32 as long as its rounding allows, and then in
 * float64, at half the speed and with the last digits right.
 */
export const openLogistic = Effect.fnUntraced(function* (whole: Problem, normaliser: Normaliser, ending: Ending) {
  const progress = yield* Progress
  const { present, problem } = compact(whole)
  const { classes, rows, width } = problem
  const sums = yield* scatter(problem, normaliser)
  const fit = Effect.fnUntraced(function* (c: number, warm: Linear | undefined) {
    const penalty = 1 / (c * rows)
    const tol = ending.tol * penalty
    const { precondition, renew } = yield* openPreconditioner(sums, problem, penalty)
    const losses: Array<number> = []
    const phase = Effect.fnUntraced(function* (precision: Precision, start: Float64Array) {
      const evaluate = yield* openMultinomial(problem, normaliser, { mean: sums.mean, penalty, precision })
      const first = yield* evaluate(start)
      // In float64 the same place has its exact value.
      losses.splice(-1, 1, first.value)
      yield* renew(first.curvature)
      const minimisation: Minimisation<Place, StageError, Cores> = {
        evaluate,
        precondition,
        noise: noise[precision],
        iterations: ending.iterations - Math.max(0, losses.length - 1),
        done: (point, before) =>
          (steepest(point) <= tol && gap(point, penalty) <= near * point.value) ||
          (before !== undefined && before.value - point.value <= least[precision] * Math.abs(point.value)),
        step: ({ curvature, value }) => {
          losses.push(value)
          return Effect.andThen(
            progress.report(losses.length - 1, ending.iterations, "iterations", `loss ${value.toPrecision(4)}`),
            renew(curvature),
          )
        },
      }
      const found = yield* minimise(first, minimisation)
      return found
    }, Effect.scoped)
    const start = warm === undefined ? new Float64Array(classes * (width + 1)) : placeOf(warm, present, sums.mean)
    const rough = yield* phase("float32", start)
    const found = rough.end === "iterations" ? rough : yield* phase("float64", rough.point.x)
    if (!Number.isFinite(found.point.value)) {
      return yield* new StageError({
        message: `the loss is not a finite number with C = ${c}`,
        hint: 'features of this size overflow float32: `normalise: "standardise"` or "l2"',
      })
    }
    const gradient = (steepest(found.point) / penalty).toPrecision(2)
    const advice = `not yet ${ending.tol}; raise \`iterations\` or \`tol\`, or \`normalise: "standardise"\``
    const isFar = gap(found.point, penalty) > far * found.point.value
    const outcome: Outcome = {
      linear: spread(linearOf(found.point.x, sums.mean, classes), present, whole.classes, width),
      losses,
      stopped:
        found.end === "iterations"
          ? `${ending.iterations} iterations: the gradient is at ${gradient}, ${advice}`
          : isFar
            ? `no step lowers the loss: the gradient is at ${gradient}, ${advice}`
            : undefined,
    }
    return outcome
  }, Effect.scoped)
  return { fit }
})
