/** Comparisons of two models, turned so that the better placed one comes first. */

interface Pair {
  readonly a: string
  readonly b: string
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly onlyA: number
  readonly onlyB: number
}

/** The same comparison the other way round: `b` less `a`. */
const turned = <P extends Pair>(pair: P): P => ({
  ...pair,
  a: pair.b,
  b: pair.a,
  difference: -pair.difference,
  low: -pair.high,
  high: -pair.low,
  onlyA: pair.onlyB,
  onlyB: pair.onlyA,
})

/** Pairs with the model that stands first in `models` as `a`. */
export const oriented = <P extends Pair>(pairs: ReadonlyArray<P>, models: ReadonlyArray<string>): ReadonlyArray<P> => {
  const place = new Map(models.map((model, at) => [model, at]))
  const at = (model: string) => place.get(model) ?? models.length
  return pairs.map((pair) => (at(pair.a) <= at(pair.b) ? pair : turned(pair)))
}

/** A number with a real minus sign. */
export const minus = (text: string): string => text.replaceAll("-", "−")
