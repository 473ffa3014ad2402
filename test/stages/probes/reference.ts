/** Probes written as plainly as they can be, in float64: what the graphs are held against. */
import { random } from "../../../stages/random.ts"
import { permutation } from "../../../stages/probes/permutation.ts"
import type { Problem } from "../../../stages/probes/Problem.ts"
import type { Sgd } from "../../../stages/probes/sgd.ts"

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
  return { ids: Array.from(labels, (_, row) => `${name}/${row}`), features, labels, rows, width, classes }
}

/** The features row by row. */
export const rowsOf = ({ features, rows, width }: Problem): Rows =>
  Array.from({ length: rows }, (_, row) => [...features.subarray(row * width, (row + 1) * width)])

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

const softmax = (logits: ReadonlyArray<number>) => {
  const highest = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - highest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}

/**
 * `torch.optim.SGD` on the mean cross entropy of each batch of a DataLoader
 * that keeps the last one: g += decay * p; buf = momentum * buf + g;
 * p -= rate * (nesterov ? g + momentum * buf : buf).
 */
export const sgd = (problem: Problem, options: Sgd) => {
  const { classes, labels, rows, width } = problem
  const features = rowsOf(problem).map((row) => [...row, 1])
  // The bias is the last column.
  const weights = Array.from({ length: classes }, () => Array.from({ length: width + 1 }, () => 0))
  const buffer = weights.map((row) => row.map(() => 0))
  const steps = Math.ceil(rows / options.batch)
  const curve: Array<number> = []
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = permutation(rows, options.seed, epoch)
    let loss = 0
    for (let step = 0; step < steps; step++) {
      const rate = options.rate * options.schedule((epoch * steps + step) / (options.epochs * steps))
      const batch = order.slice(step * options.batch, (step + 1) * options.batch)
      const gradient = weights.map((row) => row.map((weight) => options.decay * weight))
      for (const row of batch) {
        const x = features[row] ?? []
        const probabilities = softmax(weights.map((weight) => dot(weight, x)))
        loss -= Math.log(probabilities[labels[row] ?? 0] ?? 0)
        gradient.forEach((of, c) => {
          const error = (probabilities[c] ?? 0) - (labels[row] === c ? 1 : 0)
          x.forEach((value, i) => (of[i] = (of[i] ?? 0) + (error * value) / batch.length))
        })
      }
      weights.forEach((weight, c) => {
        weight.forEach((value, i) => {
          const g = gradient[c]?.[i] ?? 0
          const next = options.momentum * (buffer[c]?.[i] ?? 0) + g
          const moving = buffer[c]
          if (moving !== undefined) moving[i] = next
          weight[i] = value - rate * (options.nesterov ? g + options.momentum * next : next)
        })
      })
    }
    curve.push(loss / rows)
  }
  return {
    weights: weights.flatMap((row) => row.slice(0, width)),
    bias: weights.map((row) => row[width] ?? 0),
    curve,
  }
}

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
