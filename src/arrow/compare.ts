import * as Batch from "./Batch.ts"
import type { Batch as BatchOf, Row, Table } from "./Table.ts"

/** How far two numbers may lie apart: |a - b| ≤ absolute + relative · max(|a|, |b|). */
export interface Tolerance {
  readonly absolute: number
  readonly relative: number
}

/** A value that differs beyond the tolerance. */
export interface Difference {
  /** The row's id; where the table has none its texts, or else its number from 0. */
  readonly row: string
  readonly column: string
  /** Which element of a list or tensor; undefined where the value is one. */
  readonly at: number | undefined
  readonly before: string | number
  readonly after: string | number
}

/** How two tables of one schema differ. */
export interface Comparison {
  /** Rows that both have. */
  readonly rows: number
  /** Rows that differ beyond the tolerance, and the first of their differences, one a row and column. */
  readonly differing: number
  readonly differences: ReadonlyArray<Difference>
  /** The largest |a - b| of all numbers, within the tolerance or not; and the largest in terms of the tolerance (1 is just allowed). */
  readonly largest: number
  readonly share: number
  /** Ids of rows that only one of them has. */
  readonly missing: ReadonlyArray<string>
  readonly added: ReadonlyArray<string>
  /** Whether the rows that both have stand in another order. */
  readonly reordered: boolean
}

/** Whether the two say the same, within the tolerance. */
export const agree = (found: Comparison): boolean =>
  found.differing === 0 && found.missing.length === 0 && found.added.length === 0 && !found.reordered

/** Compares two binary values that are not equal: how far their numbers lie apart at most, by a tolerance; undefined where that cannot be told. */
export type CompareBinary = (
  before: Uint8Array,
  after: Uint8Array,
  tolerance: Tolerance,
) => { readonly largest: number; readonly share: number } | undefined

/** How much of the tolerance a difference takes up; 0 for equal values, NaN equal to NaN. */
export const shareOf = (a: number, b: number, { absolute, relative }: Tolerance): number => {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0
  const apart = Math.abs(a - b)
  const allowed = absolute + relative * Math.max(Math.abs(a), Math.abs(b))
  return Number.isFinite(apart) && Number.isFinite(allowed) ? (allowed === 0 ? Infinity : apart / allowed) : Infinity
}

interface Worst {
  at: number | undefined
  before: string | number
  after: string | number
  largest: number
  share: number
}

const equal: Worst = { at: undefined, before: "", after: "", largest: 0, share: 0 }
const unlike = (before: string | number, after: string | number): Worst => ({
  ...equal,
  before,
  after,
  largest: 0,
  share: Infinity,
})

const isArray = (value: unknown): value is ArrayLike<number> => ArrayBuffer.isView(value)

const numbers = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: Tolerance): Worst => {
  if (a.length !== b.length) return unlike(`${a.length} numbers`, `${b.length} numbers`)
  const worst = { ...equal }
  for (let i = 0; i < a.length; i++) {
    const [before = 0, after = 0] = [a[i], b[i]]
    if (before === after) continue
    const share = shareOf(before, after, tolerance)
    worst.largest = Math.max(worst.largest, Math.abs(before - after))
    if (share > worst.share) Object.assign(worst, { at: i, before, after, share })
  }
  return worst
}

const isTensor = (
  value: object,
): value is { readonly shape: ReadonlyArray<number>; readonly data: ArrayLike<number> } =>
  "shape" in value && "data" in value

/** How two cells of one column differ at worst. */
const cells = (a: Row<Table>[string], b: Row<Table>[string], tolerance: Tolerance, binary: CompareBinary): Worst => {
  if (typeof a === "string" || typeof b === "string") return a === b ? equal : unlike(String(a), String(b))
  if (typeof a === "number" && typeof b === "number") return { ...numbers([a], [b], tolerance), at: undefined }
  if (typeof a !== "object" || typeof b !== "object") return unlike(String(a), String(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    if (Buffer.compare(a, b) === 0) return equal
    const found = binary(a, b, tolerance)
    const texts = { before: `${a.length} bytes`, after: a.length === b.length ? "other bytes" : `${b.length} bytes` }
    return { ...equal, ...texts, largest: found?.largest ?? 0, share: found?.share ?? Infinity }
  }
  if (isTensor(a) && isTensor(b)) {
    if (a.shape.join() !== b.shape.join())
      return unlike(`shape [${a.shape.join(", ")}]`, `shape [${b.shape.join(", ")}]`)
    return numbers(a.data, b.data, tolerance)
  }
  return isArray(a) && isArray(b) ? numbers(a, b, tolerance) : unlike("", "")
}

/** Names for rows: ids, or all of their texts (a model, a set, a metric), or numbers; what comes again is told apart. */
const rowNames = (table: Table, batch: BatchOf<Table>, rows: number): ReadonlyArray<string> => {
  const texts = Object.keys(table.columns).filter((name) => table.columns[name] === "utf8")
  const naming = (texts.includes("id") ? ["id"] : texts).flatMap((name) => {
    const values = batch[name]
    return Array.isArray(values) ? [values] : []
  })
  const seen = new Map<string, number>()
  return Array.from({ length: rows }, (_, at) => {
    const name = naming.length > 0 ? naming.map((values) => String(values[at])).join(", ") : String(at)
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? name : `${name} (${times})`
  })
}

/**
 * Compares two batches of one table row by row: by id where it has one, else
 * by its texts or by number. Texts and counts must be equal, numbers as near as the tolerance
 * says; NaN equals NaN. What `binary` cannot compare must be equal byte by byte.
 * The first `shown` differences are listed.
 */
export const compare = <T extends Table>(
  table: T,
  before: BatchOf<T>,
  after: BatchOf<T>,
  tolerance: Tolerance,
  options: { readonly binary?: CompareBinary; readonly shown?: number } = {},
): Comparison => {
  const { binary = () => undefined, shown = 5 } = options
  const [all, again] = [before, after].map((batch) => {
    const names = rowNames(table, batch, Batch.rowCount(table, batch))
    return { batch, names, at: new Map(names.map((name, at) => [name, at])) }
  })
  if (all === undefined || again === undefined) throw new Error("there are two sides")
  const common = all.names.filter((name) => again.at.has(name))
  const order = again.names.filter((name) => all.at.has(name))
  const differences: Array<Difference> = []
  const found = { differing: 0, largest: 0, share: 0 }
  for (const name of common) {
    const [a, b] = [all, again].map(({ at, batch }) => Batch.row<Table>(table, batch, at.get(name) ?? 0))
    let differs = false
    for (const column of Object.keys(table.columns)) {
      const [one, other] = [a?.[column], b?.[column]]
      if (one === undefined || other === undefined) continue
      const worst = cells(one, other, tolerance, binary)
      found.largest = Math.max(found.largest, worst.largest)
      found.share = Math.max(found.share, worst.share)
      if (worst.share <= 1) continue
      differs = true
      if (differences.length < shown) {
        differences.push({ row: name, column, at: worst.at, before: worst.before, after: worst.after })
      }
    }
    if (differs) found.differing++
  }
  return {
    rows: common.length,
    ...found,
    differences,
    missing: all.names.filter((name) => !again.at.has(name)),
    added: again.names.filter((name) => !all.at.has(name)),
    reordered: common.some((name, at) => order[at] !== name),
  }
}
