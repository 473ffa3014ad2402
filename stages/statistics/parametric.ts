/** Draws of accuracies of which only the numbers are known. */
import * as Effect from "effect/Effect"
import type { Resamples, Resampling } from "./bootstrap.ts"
import { Draws } from "./Draws.ts"
import type { PublishedSet } from "./published.ts"

/** A binomial distribution to draw from many times: by its inverse, found from a guide (Chen and Asau 1974). */
interface Inverse {
  /** The least count that is ever drawn. */
  readonly least: number
  /** Of 2^32 equally likely numbers the last that gives `least + i`. */
  readonly last: Uint32Array
  /** Where in `last` the search starts, by the leading bits of a number. */
  readonly guide: Uint16Array
}

const guideBits = 11
// What is rarer is left out: a draw in 2^32 is the rarest there can be.
const rarest = 1e-12

const inverseOf = (n: number, p: number): Inverse => {
  if (p <= 0 || p >= 1) {
    return { least: p >= 1 ? n : 0, last: Uint32Array.of(2 ** 32 - 1), guide: new Uint16Array(2 ** guideBits) }
  }
  const mode = Math.min(n, Math.floor((n + 1) * p))
  const odds = p / (1 - p)
  // Relative to the mode: what they add up to is divided out.
  const lower: Array<number> = []
  for (let k = mode, at = 1; k > 0 && at > rarest; k--) lower.push((at *= k / (odds * (n - k + 1))))
  const points = [...lower.reverse(), 1]
  for (let k = mode, at = 1; k < n && at > rarest; k++) points.push((at *= (odds * (n - k)) / (k + 1)))
  const total = points.reduce((sum, point) => sum + point, 0)
  const last = new Uint32Array(points.length)
  let sum = 0
  for (const [i, point] of points.entries()) {
    sum += point
    last[i] = Math.max(0, Math.ceil((sum / total) * 2 ** 32 - 1))
  }
  last[points.length - 1] = 2 ** 32 - 1
  const guide = new Uint16Array(2 ** guideBits)
  for (let i = 0, at = 0; i < guide.length; i++) {
    while ((last[at] ?? 0) < i * 2 ** (32 - guideBits)) at++
    guide[i] = at
  }
  return { least: mode - lower.length, last, guide }
}

const drawn = ({ guide, last, least }: Inverse, word: number): number => {
  let at = guide[word >>> (32 - guideBits)] ?? 0
  while ((last[at] ?? 0) < word) at++
  return least + at
}

// Accuracies handed on at once: 8 MB.
const portion = 2 ** 20

/**
 * The parametric bootstrap of accuracies that stand alone: each is drawn as a
 * binomial count of its images, independently of all others. As `resample`,
 * of one set: `take` gets `[rows, models]`, valid until it returns.
 */
export const drawPublished = Effect.fnUntraced(function* <E, R>(
  { accuracies, images, models, set }: PublishedSet,
  { resamples, seed }: Resampling,
  take: (some: Resamples) => Effect.Effect<void, E, R>,
): Effect.fn.Return<void, E, R> {
  const draws = new Draws(`published/${seed}/${set}`)
  const inverses = models.map((_, model) => inverseOf(images[model] ?? 0, accuracies[model] ?? 0))
  const step = Math.max(1, Math.min(resamples, Math.floor(portion / models.length)))
  const some = new Float64Array(step * models.length)
  for (let start = 0; start < resamples; start += step) {
    const rows = Math.min(step, resamples - start)
    // Model by model, so that one distribution at a time is in the cache.
    for (const [model, inverse] of inverses.entries()) {
      const n = images[model] ?? 1
      for (let at = model; at < rows * models.length; at += models.length) some[at] = drawn(inverse, draws.word()) / n
    }
    yield* take({ start, rows, accuracies: some.subarray(0, rows * models.length) })
    yield* Effect.yieldNow
  }
})
