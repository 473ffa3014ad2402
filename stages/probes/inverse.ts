import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import type * as Tensor from "../../src/onnx/Tensor.ts"
import { type Engine, open } from "./numeric.ts"

// Up to here the plain algorithm takes less time than the runs of a graph would.
const plain = 48

/** A square matrix, row by row. */
interface Square {
  readonly size: number
  readonly data: Float64Array
}

const indefinite = (cause: string) =>
  new StageError({
    message: `the features' products have no inverse in float64 (${cause})`,
    hint: 'features that depend on each other, or of very different sizes: raise `alpha`, or `normalise: "standardise"`',
  })

/** By Gauss and Jordan's elimination, which needs no pivots where the matrix is positive definite. */
const direct = ({ data, size }: Square): Square | undefined => {
  const a = data.slice()
  for (let p = 0; p < size; p++) {
    const pivot = a[p * size + p] ?? 0
    if (!(pivot > 0)) return undefined
    a[p * size + p] = 1
    for (let j = 0; j < size; j++) a[p * size + j] = (a[p * size + j] ?? 0) / pivot
    for (let i = 0; i < size; i++) {
      const factor = a[i * size + p] ?? 0
      if (i === p || factor === 0) continue
      a[i * size + p] = 0
      for (let j = 0; j < size; j++) a[i * size + j] = (a[i * size + j] ?? 0) - factor * (a[p * size + j] ?? 0)
    }
  }
  return { size, data: a }
}

const cut = ({ data, size }: Square, row: number, column: number, rows: number, columns: number) => {
  const part = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    const from = (row + i) * size + column
    part.set(data.subarray(from, from + columns), i * columns)
  }
  return part
}

const tensor = (rows: number, columns: number, data: Float64Array): Tensor.TensorOf<"float64"> => ({
  type: "float64",
  dims: [rows, columns],
  data,
})

/** What the two halves of a matrix need of each other: of inv(A) and B, `B inv(A)` and `D - B inv(A) B'`. */
const downGraph = () => {
  const g = Graph.make("down")
  const [inverse, b, d] = [
    g.input("inverse", "float64", ["m", "m"]),
    g.input("b", "float64", ["n", "m"]),
    g.input("d", "float64", ["n", "n"]),
  ]
  const t = g.op("MatMul", [b, inverse])
  g.output("t", t, "float64", ["n", "m"])
  g.output("rest", g.op("Sub", [d, g.op("Gemm", [t, b], { transB: 1 })]), "float64", ["n", "n"])
  return g.bytes
}

/** The inverse from that of its first half, T = B inv(A), and that of the rest. */
const upGraph = () => {
  const g = Graph.make("up")
  const [inverse, t, rest] = [
    g.input("inverse", "float64", ["m", "m"]),
    g.input("t", "float64", ["n", "m"]),
    g.input("rest", "float64", ["n", "n"]),
  ]
  const below = g.op("Neg", [g.op("MatMul", [rest, t])])
  const first = g.op("Sub", [inverse, g.op("Gemm", [t, below], { transA: 1 })])
  const upper = g.op("Concat", [first, g.op("Transpose", [below], { perm: [1, 0] })], { axis: 1 })
  const lower = g.op("Concat", [below, rest], { axis: 1 })
  g.output("whole", g.op("Concat", [upper, lower], { axis: 0 }), "float64", ["size", "size"])
  return g.bytes
}

const halves = (matrix: Square, down: Engine, up: Engine): Effect.Effect<Square, StageError> =>
  Effect.gen(function* () {
    const { size } = matrix
    if (size <= plain) return direct(matrix) ?? (yield* indefinite("it is not positive definite"))
    const m = Math.ceil(size / 2)
    const n = size - m
    const first = yield* halves({ size: m, data: cut(matrix, 0, 0, m, m) }, down, up)
    const inverse = tensor(m, m, first.data)
    const { rest, t } = yield* down.run(
      { inverse, b: tensor(n, m, cut(matrix, m, 0, n, m)), d: tensor(n, n, cut(matrix, m, m, n, n)) },
      { t: "float64", rest: "float64" },
    )
    const second = yield* halves({ size: n, data: rest.data }, down, up)
    const { whole } = yield* up.run({ inverse, t, rest: tensor(n, n, second.data) }, { whole: "float64" })
    return { size, data: whole.data }
  })

/**
 * The inverse of a symmetric positive definite matrix `[size, size]`, float64,
 * by halves (Strassen, 1969): the inverse of one half, that of what it leaves of
 * the other, and matrix products between them, which the numeric engine computes.
 *
 * Errors: a matrix that is not positive definite as far as float64 can tell.
 */
export const inverse = Effect.fnUntraced(function* (matrix: Float64Array, size: number) {
  const purpose = { failure: "the features' products have no inverse", work: size ** 3 }
  const down = yield* open(yield* downGraph(), purpose)
  const up = yield* open(yield* upGraph(), purpose)
  return (yield* halves({ size, data: matrix }, down, up)).data
}, Effect.scoped)
