/** Which two models of a set are looked at. */

/** All pairs of so many models, the first before the second, one after another. */
export const twos = function* (models: number): Generator<readonly [a: number, b: number]> {
  for (let a = 0; a < models; a++) for (let b = a + 1; b < models; b++) yield [a, b]
}

/** A value of every pair of so many models. */
export const overPairs = (models: number, value: (a: number, b: number) => number): Float64Array => {
  const values = new Float64Array((models * (models - 1)) / 2)
  let at = 0
  for (let a = 0; a < models; a++) for (let b = a + 1; b < models; b++) values[at++] = value(a, b)
  return values
}

/** The places of values two by two, the highest and the next first; of equal ones the first goes first. */
export const neighbours = (values: ArrayLike<number>): ReadonlyArray<readonly [better: number, worse: number]> => {
  const order = Array.from({ length: values.length }, (_, at) => at)
  order.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b)
  return order.slice(1).map((worse, at) => [order[at] ?? 0, worse])
}

/** What some models score on a set. */
export interface Ranked {
  readonly models: ReadonlyArray<string>
  readonly values: ArrayLike<number>
}

/**
 * Which pairs of each set are looked at: all, or where a set has more than
 * `every` models those that are neighbours on any of the sets, in order.
 */
export const lookedAt = (
  sets: ReadonlyArray<Ranked>,
  every: number,
): ReadonlyArray<() => Iterable<readonly [a: number, b: number]>> => {
  const close = new Map<string, Set<string>>()
  const note = (a: string, b: string) => close.set(a, (close.get(a) ?? new Set()).add(b))
  if (sets.some(({ models }) => models.length > every)) {
    for (const { models, values } of sets) {
      for (const [better, worse] of neighbours(values)) {
        const [a, b] = [models[better] ?? "", models[worse] ?? ""]
        note(a, b)
        note(b, a)
      }
    }
  }
  return sets.map(({ models }) => {
    if (models.length <= every) return () => twos(models.length)
    const at = new Map(models.map((model, place) => [model, place]))
    return () =>
      models.flatMap((model, a) =>
        [...(close.get(model) ?? [])]
          .flatMap((other) => at.get(other) ?? [])
          .filter((b) => b > a)
          .sort((one, two) => one - two)
          .map((b) => [a, b] as const),
      )
  })
}
