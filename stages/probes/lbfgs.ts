import * as Effect from "effect/Effect"

/** A place, the value of the objective there, and its gradient. */
export interface Point {
  readonly x: Float64Array
  readonly value: number
  readonly gradient: Float64Array
}

interface Pair {
  readonly s: Float64Array
  readonly y: Float64Array
  readonly rho: number
}

/** What is to be minimised, and when that is done. */
export interface Minimisation<P extends Point, E, R> {
  readonly evaluate: (x: Float64Array) => Effect.Effect<P, E, R>
  /** A rough inverse of the Hessian times a vector, into memory of its own: symmetric, positive definite. */
  readonly precondition: (vector: Float64Array) => Effect.Effect<Float64Array, E, R>
  /** The relative error of values: a rise of so much counts as none. */
  readonly noise: number
  /** Steps from here on. */
  readonly iterations: number
  readonly done: (point: P, before: P | undefined) => boolean
  /** Told of each step; may change what `precondition` does from there on. */
  readonly step: (point: P) => Effect.Effect<void, E, R>
}

/** How it ended: `stuck` where no step lowers the value by more than its rounding. */
export interface Minimum<P extends Point> {
  readonly point: P
  readonly end: "done" | "iterations" | "stuck"
}

const remembered = 10
// Of the Wolfe conditions, as Nocedal and Wright recommend for quasi-Newton methods.
const decrease = 1e-4
const curvature = 0.9
const trials = 30

/** The inner product. */
export const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

const along = (x: Float64Array, t: number, direction: Float64Array) => {
  const moved = new Float64Array(x.length)
  for (let i = 0; i < x.length; i++) moved[i] = (x[i] ?? 0) + t * (direction[i] ?? 0)
  return moved
}

const addTo = (to: Float64Array, t: number, vector: Float64Array) => {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + t * (vector[i] ?? 0)
}

interface Trial<P extends Point> {
  readonly t: number
  readonly slope: number
  readonly point: P
}

/** Where the cubic through two values and slopes is lowest, well inside the interval; its middle where there is none. */
const between = (a: Trial<Point>, b: Trial<Point>): number => {
  const width = b.t - a.t
  const d1 = a.slope + b.slope - (3 * (b.point.value - a.point.value)) / width
  const d2 = Math.sign(width) * Math.sqrt(d1 * d1 - a.slope * b.slope)
  const t = b.t - (width * (b.slope + d2 - d1)) / (b.slope - a.slope + 2 * d2)
  const share = (t - a.t) / width
  return share >= 0.1 && share <= 0.9 ? t : a.t + width / 2
}

/** A step that satisfies the strong Wolfe conditions (Nocedal and Wright, algorithms 3.5 and 3.6), or the best lower one. */
const search = Effect.fnUntraced(function* <P extends Point, E, R>(
  { evaluate, noise }: Minimisation<P, E, R>,
  from: P,
  direction: Float64Array,
) {
  const slope = dot(from.gradient, direction)
  const slack = noise * Math.abs(from.value)
  let low: Trial<P> = { t: 0, slope, point: from }
  let high: Trial<P> | undefined
  let t = 1
  for (let trial = 0; trial < trials; trial++) {
    const point = yield* evaluate(along(from.x, t, direction))
    const here: Trial<P> = { t, slope: dot(point.gradient, direction), point }
    const allowed = Math.min(from.value + decrease * t * slope, low.t === 0 ? Infinity : low.point.value)
    // Not `>`: a value that is not a number is too high.
    if (!(point.value <= allowed + slack)) high = here
    else if (Math.abs(here.slope) <= -curvature * slope) return point
    else {
      if (here.slope * ((high?.t ?? Infinity) - low.t) >= 0) high = low
      low = here
    }
    if (high === undefined) t *= 4
    else t = Number.isFinite(high.point.value) ? between(low, high) : (low.t + high.t) / 2
    if (high !== undefined && Math.abs(high.t - low.t) <= 1e-12 * Math.max(high.t, low.t)) break
  }
  return low.t === 0 ? undefined : low.point
})

/** Minus the inverse Hessian times the gradient, as the last steps know it (Nocedal, 1980). */
const downhill = Effect.fnUntraced(function* <P extends Point, E, R>(
  { precondition }: Minimisation<P, E, R>,
  gradient: Float64Array,
  pairs: ReadonlyArray<Pair>,
  scale: number,
) {
  const q = gradient.map((x) => -x)
  const parts = pairs.toReversed().map(({ rho, s, y }) => {
    const part = rho * dot(s, q)
    addTo(q, -part, y)
    return part
  })
  const direction = yield* precondition(q)
  for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] ?? 0) * scale
  for (const [at, { rho, s, y }] of pairs.entries()) {
    addTo(direction, (parts[pairs.length - 1 - at] ?? 0) - rho * dot(y, direction), s)
  }
  return direction
})

const steepest = ({ gradient }: Point) => {
  const length = Math.sqrt(dot(gradient, gradient)) || 1
  return gradient.map((x) => -x / length)
}

/**
 * L-BFGS of the last ten steps, with a strong Wolfe line search. All vectors are
 * float64; they are short beside the rows that an evaluation walks over.
 */
export const minimise = Effect.fnUntraced(function* <P extends Point, E, R>(
  start: P,
  problem: Minimisation<P, E, R>,
): Effect.fn.Return<Minimum<P>, E, R> {
  let point = start
  let before: P | undefined
  let pairs: ReadonlyArray<Pair> = []
  let scale = 1
  for (let iteration = 0; ; iteration++) {
    if (problem.done(point, before)) return { point, end: "done" }
    if (iteration === problem.iterations) return { point, end: "iterations" }
    const direction = yield* downhill(problem, point.gradient, pairs, scale)
    let next = dot(direction, point.gradient) < 0 ? yield* search(problem, point, direction) : undefined
    if (next === undefined && pairs.length > 0) {
      pairs = []
      scale = 1
      continue
    }
    // A rough inverse that rounding has spoiled points nowhere; the gradient itself does.
    next ??= yield* search(problem, point, steepest(point))
    if (next === undefined) return { point, end: "stuck" }
    const s = along(next.x, -1, point.x)
    const y = along(next.gradient, -1, point.gradient)
    const sy = dot(s, y)
    if (sy > 1e-14 * Math.sqrt(dot(s, s) * dot(y, y))) {
      scale = sy / dot(y, yield* problem.precondition(y))
      pairs = [...pairs.slice(1 - remembered), { s, y, rho: 1 / sy }]
    }
    before = point
    point = next
    yield* problem.step(point)
  }
})
