/** Eigenvalues from the largest down, and the unit vector of each. */
export interface Eigen {
  readonly values: ReadonlyArray<number>
  /** One row a value, in the same order; of opposite vectors, the one whose largest component is positive. */
  readonly vectors: ReadonlyArray<Float64Array>
}

/** Sweeps after which rotations have long ceased to change anything. */
const SWEEPS = 30

/**
 * The eigenvectors of a symmetric matrix `[n, n]`, by Jacobi's rotations
 * (cyclic, after Golub and Van Loan, Matrix Computations, 8.5). ONNX has no
 * operator for this; at n = 147 it takes a fraction of a second, once a fit.
 */
export const eigen = (matrix: ArrayLike<number>, n: number): Eigen => {
  const a = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => matrix[i * n + j] ?? 0))
  // Rows are the vectors in the making.
  const v = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)))
  const empty = new Float64Array(n)
  const row = (rows: ReadonlyArray<Float64Array>, i: number) => rows[i] ?? empty
  const at = (i: number, j: number) => row(a, i)[j] ?? 0
  const trace = a.reduce((sum, line, i) => sum + Math.abs(line[i] ?? 0), 0)

  const turn = (x: Float64Array, y: Float64Array, c: number, s: number) => {
    for (let k = 0; k < n; k++) {
      const [xk, yk] = [x[k] ?? 0, y[k] ?? 0]
      x[k] = c * xk - s * yk
      y[k] = s * xk + c * yk
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = at(p, q)
        off = Math.max(off, Math.abs(apq))
        if (Math.abs(apq) <= 1e-18 * trace) continue
        const theta = (at(q, q) - at(p, p)) / (2 * apq)
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
        const c = 1 / Math.hypot(t, 1)
        const s = t * c
        turn(row(a, p), row(a, q), c, s)
        for (const line of a) {
          const [x, y] = [line[p] ?? 0, line[q] ?? 0]
          line[p] = c * x - s * y
          line[q] = s * x + c * y
        }
        turn(row(v, p), row(v, q), c, s)
      }
    }
    if (off <= 1e-15 * trace) break
  }
  const upright = (vector: Float64Array) => {
    const largest = vector.reduce((best, x) => (Math.abs(x) > Math.abs(best) + 1e-12 ? x : best), 0)
    return largest < 0 ? vector.map((x) => -x) : vector
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => at(j, j) - at(i, i) || i - j)
  return { values: order.map((i) => at(i, i)), vectors: order.map((i) => upright(row(v, i))) }
}
