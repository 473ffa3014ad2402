/** SGD written as plainly as it can be, in float64: what the graphs are held against. */
import { random } from "../../../stages/random.ts"
import { permutation } from "../../../stages/probes/permutation.ts"
import { inMemory, type Problem } from "../../../stages/probes/Problem.ts"
import { factorAt, type Schedule } from "../../../stages/probes/schedule.ts"
import type { Sgd } from "../../../stages/probes/sgd.ts"
import type { Setting } from "../../../stages/probes/sgdShape.ts"

/** Features around a mean of each class, every class present; in memory. The means are the name's. */
export const clouds = (name: string, rows: number, width: number, classes: number, scale = 1): Problem => {
  const { below, normal } = random(`${name}/${rows}`)
  const labels = Int32Array.from({ length: rows }, (_, row) => (row < classes ? row : below(classes)))
  const means = Array.from({ length: classes * width }, random(name).normal)
  const features = Float32Array.from({ length: rows * width }, (_, at) => {
    const label = labels[Math.floor(at / width)] ?? 0
    return scale * ((means[label * width + (at % width)] ?? 0) + normal())
  })
  return inMemory(features, labels, { width, classes, ids: Array.from(labels, (_, row) => `${name}/${row}`) })
}

/** The numbers of a problem that is in memory. */
export const numbersOf = ({ features }: Problem): Float32Array => {
  const data = features.resident?.data
  if (data instanceof Float32Array) return data
  throw new Error("the features are not in memory as float32")
}

/** A constant rate. */
export const constant: Schedule = { shape: "constant", every: "epoch", warmUp: 0, milestones: [], factor: 0.1 }

/** Cosine from step to step. */
export const cosine: Schedule = { ...constant, shape: "cosine", every: "step" }

/** A short training of one setting from 0. */
export const short: Sgd = {
  settings: [{ rate: 0.1, decay: 0 }],
  epochs: 3,
  stepsPerEpoch: null,
  batch: 16,
  momentum: 0.9,
  nesterov: true,
  clip: null,
  trust: null,
  batchNorm: "none",
  schedule: cosine,
  start: "zeros",
  seed: 0,
}

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

const softmax = (logits: ReadonlyArray<number>) => {
  const highest = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - highest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}

/**
 * `torch.optim.SGD` from 0 on the mean cross entropy of each batch of a
 * DataLoader that keeps the last one: g = min(1, clip / (|g| + 1e-6)) g;
 * g += decay * p; buf = momentum * buf + g;
 * p -= rate * (nesterov ? g + momentum * buf : buf).
 */
export const reference = (problem: Problem, options: Sgd, { decay, rate }: Setting) => {
  const { classes, labels, rows, width } = problem
  const numbers = numbersOf(problem)
  const features = Array.from({ length: rows }, (_, row) => [...numbers.subarray(row * width, (row + 1) * width), 1])
  // The bias is the last column.
  const weights = Array.from({ length: classes }, () => Array.from({ length: width + 1 }, () => 0))
  const buffer = weights.map((row) => row.map(() => 0))
  const perPass = Math.ceil(rows / options.batch)
  const stepsPerEpoch = options.stepsPerEpoch ?? perPass
  const losses: Array<number> = []
  for (let step = 0; step < stepsPerEpoch * options.epochs; step++) {
    const order = permutation(rows, options.seed, Math.floor(step / perPass))
    const at = (step % perPass) * options.batch
    const batch = order.slice(at, at + options.batch)
    const now = rate * factorAt(options.schedule, { step, stepsPerEpoch, epochs: options.epochs })
    const gradient = weights.map((row) => row.map(() => 0))
    let loss = 0
    for (const row of batch) {
      const x = features[row] ?? []
      const probabilities = softmax(weights.map((weight) => dot(weight, x)))
      loss -= Math.log(probabilities[labels[row] ?? 0] ?? 0)
      gradient.forEach((of, c) => {
        const error = (probabilities[c] ?? 0) - (labels[row] === c ? 1 : 0)
        x.forEach((value, i) => (of[i] = (of[i] ?? 0) + (error * value) / batch.length))
      })
    }
    losses.push(loss / batch.length)
    const length = Math.sqrt(gradient.flat().reduce((sum, g) => sum + g * g, 0))
    const shorter = options.clip === null ? 1 : Math.min(1, options.clip / (length + 1e-6))
    weights.forEach((weight, c) => {
      weight.forEach((value, i) => {
        const g = (gradient[c]?.[i] ?? 0) * shorter + decay * value
        const next = options.momentum * (buffer[c]?.[i] ?? 0) + g
        const moving = buffer[c]
        if (moving !== undefined) moving[i] = next
        weight[i] = value - now * (options.nesterov ? g + options.momentum * next : next)
      })
    })
  }
  return {
    weights: weights.flatMap((row) => row.slice(0, width)),
    bias: weights.map((row) => row[width] ?? 0),
    losses,
  }
}

/** The largest difference, relative to numbers above 1; infinite where lengths differ. */
export const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(b).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (a[i] ?? NaN)) / Math.max(1, Math.abs(value))),
    a.length === b.length ? 0 : Infinity,
  )
