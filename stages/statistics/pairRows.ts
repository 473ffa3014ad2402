import type { Batch } from "../../src/arrow/Table.ts"
import { type Contingency, hitsOf, only } from "./contingency.ts"
import { holm, mcnemar, newcombe, pooledZ, tango } from "./difference.ts"
import { twoSided, wilson } from "./proportion.ts"
import type { PublishedSet } from "./published.ts"
import type { Pairs } from "./tables.ts"
import { overPairs } from "./twos.ts"

// Rows of a batch.
const most = 16_384

/** Two models of a set, as they are written. */
interface Pair {
  readonly a: string
  readonly b: string
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly onlyA: number
  readonly onlyB: number
  readonly images: number
  readonly exact: number
  readonly mid: number
  readonly holm: number
}

const tables = function* (set: string, method: string, pairs: Iterable<Pair>): Generator<Batch<typeof Pairs>> {
  const table = (rows: ReadonlyArray<Pair>) => ({
    set: rows.map(() => set),
    a: rows.map(({ a }) => a),
    b: rows.map(({ b }) => b),
    method: rows.map(() => method),
    difference: Float64Array.from(rows, ({ difference }) => difference),
    low: Float64Array.from(rows, ({ low }) => low),
    high: Float64Array.from(rows, ({ high }) => high),
    onlyA: Int32Array.from(rows, ({ onlyA }) => onlyA),
    onlyB: Int32Array.from(rows, ({ onlyB }) => onlyB),
    images: Int32Array.from(rows, ({ images }) => images),
    exact: Float64Array.from(rows, ({ exact }) => exact),
    mid: Float64Array.from(rows, ({ mid }) => mid),
    holm: Float64Array.from(rows, (row) => row.holm),
  })
  let rows: Array<Pair> = []
  for (const pair of pairs) {
    rows.push(pair)
    if (rows.length < most) continue
    yield table(rows)
    rows = []
  }
  if (rows.length > 0) yield table(rows)
}

/** Pairs of places of models in a set. */
type Places = Iterable<readonly [a: number, b: number]>

/** Rows of `Pairs` for some pairs of a set whose images are known one by one. */
export const pairedRows = (
  counts: Contingency,
  places: Places,
  { level, test }: { readonly level: number; readonly test: "exact" | "mid" },
): Generator<Batch<typeof Pairs>> => {
  const { images, models } = counts
  const adjusted = holm(overPairs(models.length, (a, b) => mcnemar(...only(counts, a, b))[test]))
  const hits = hitsOf(counts)
  const z = twoSided(level)
  const rows = function* (): Generator<Pair> {
    for (const [a, b] of places) {
      const [onlyA, onlyB] = only(counts, a, b)
      const tests = mcnemar(onlyA, onlyB)
      yield {
        a: models[a] ?? "",
        b: models[b] ?? "",
        difference: ((hits[a] ?? 0) - (hits[b] ?? 0)) / images,
        ...tango(onlyA, onlyB, images, z),
        onlyA,
        onlyB,
        images,
        ...tests,
        holm: adjusted(tests[test]),
      }
    }
  }
  return tables(counts.set, "tango", rows())
}

/** Rows of `Pairs` for some pairs of a set of which only accuracies are known. `images` are the fewer of both. */
export const unpairedRows = (
  { accuracies, images, models, set }: PublishedSet,
  places: Places,
  { level }: { readonly level: number },
): Generator<Batch<typeof Pairs>> => {
  const z = twoSided(level)
  const cellOf = (accuracy: number, count: number) => ({ accuracy, images: count, ...wilson(accuracy, count, z) })
  const cells = models.map((_, model) => cellOf(accuracies[model] ?? 0, images[model] ?? 1))
  const none = cellOf(0, 1)
  const adjusted = holm(overPairs(models.length, (a, b) => pooledZ(cells[a] ?? none, cells[b] ?? none)))
  const rows = function* (): Generator<Pair> {
    for (const [a, b] of places) {
      const [one, two] = [cells[a] ?? none, cells[b] ?? none]
      const p = pooledZ(one, two)
      yield {
        a: models[a] ?? "",
        b: models[b] ?? "",
        difference: one.accuracy - two.accuracy,
        ...newcombe(one, two),
        onlyA: -1,
        onlyB: -1,
        images: Math.min(one.images, two.images),
        exact: p,
        mid: Number.NaN,
        holm: adjusted(p),
      }
    }
  }
  return tables(set, "newcombe", rows())
}
