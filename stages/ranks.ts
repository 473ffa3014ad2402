/**
 * Ranks from 1 for the highest value. Values are compared as they are, not
 * rounded; equal ones share the best of their ranks and the next one follows
 * after all of them (1, 2, 2, 4). Values must not be NaN.
 */
export const ranks = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const first = new Map<number, number>()
  const sorted = values.toSorted((a, b) => b - a)
  for (const [index, value] of sorted.entries()) if (!first.has(value)) first.set(value, index + 1)
  return values.map((value) => first.get(value) ?? values.length)
}
