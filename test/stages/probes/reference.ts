/** Probes written as plainly as they can be, in float64: what the graphs are held against. */
import { random } from "../../../stages/random.ts"
import { inMemory, type Problem } from "../../../stages/probes/Problem.ts"

type Rows = ReadonlyArray<ReadonlyArray<number>>

/** A problem drawn from a name: features around a mean of each class, every class present. */
export const problemOf = (name: string, rows: number, width: number, classes: number): Problem => {
  const { below, normal } = random(name)
  const labels = Int32Array.from({ length: rows }, (_, row) => (row < classes ? row : below(classes)))
  const means = Array.from({ length: classes * width }, normal)
  const features = Float32Array.from({ length: rows * width }, (_, at) => {
    const label = labels[Math.floor(at / width)] ?? 0
    return (means[label * width + (at % width)] ?? 0) + normal()
  })
  return withFeatures({ ids: Array.from(labels, (_, row) => `${name}/${row}`), labels, width, classes }, features)
}

/** The same rows and labels with other features `[rows, width]`. */
export const withFeatures = (
  { classes, ids, labels, width }: Pick<Problem, "classes" | "ids" | "labels" | "width">,
  features: Float32Array,
): Problem => inMemory(features, labels, { ids, width, classes })

/** The features as one array `[rows, width]`. */
export const numbersOf = ({ features: { resident } }: Problem): Float32Array =>
  resident?.type === "float32" ? resident.data : new Float32Array(0)

/** The features row by row. */
export const rowsOf = (problem: Problem): Rows => split(numbersOf(problem), problem.width)

/** Rows of numbers that stand one behind the other. */
export const split = (numbers: Float32Array, width: number): Rows =>
  Array.from({ length: numbers.length / width }, (_, row) => [...numbers.subarray(row * width, (row + 1) * width)])

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

/** Each class's votes for one row of features, and how far the k-th neighbour is from the next. */
export const votes = (problem: Problem, query: ReadonlyArray<number>, k: number, temperature: number) => {
  const length = (row: ReadonlyArray<number>) => Math.sqrt(dot(row, row))
  const near = rowsOf(problem)
    .map((row, at) => [dot(row, query) / length(row) / length(query), problem.labels[at] ?? 0] as const)
    .sort(([a], [b]) => b - a)
  const found = Array.from({ length: problem.classes }, () => 0)
  for (const [similarity, label] of near.slice(0, k)) {
    found[label] = (found[label] ?? 0) + Math.exp(similarity / temperature)
  }
  return { votes: found, gap: (near[k - 1]?.[0] ?? 0) - (near[k]?.[0] ?? -2) }
}
