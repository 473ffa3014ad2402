import type { TensorRow } from "../arrow/Table.ts"
import { count } from "./format.ts"

/** A value of any column: what one row holds of it. */
export type Cell = string | number | Uint8Array | Int32Array | Float32Array | TensorRow<Uint8Array | Float32Array>

const isArray = (cell: Cell): cell is Int32Array | Float32Array =>
  cell instanceof Int32Array || cell instanceof Float32Array

/** Numbers in full would fill the line: so many of them are shown. */
const shown = 6

const numbers = (values: ArrayLike<number>): string => {
  const first = Array.from({ length: Math.min(shown, values.length) }, (_, at) => digits(values[at] ?? Number.NaN))
  return `[${first.join(", ")}${values.length > shown ? `, … ${count(values.length)} in all` : ""}]`
}

const digits = (n: number): string => (Number.isInteger(n) ? `${n}` : `${Number(n.toPrecision(6))}`)

/** A value as a person reads it, long ones cut. */
export const brief = (cell: Cell): string => {
  if (typeof cell === "number") return digits(cell)
  if (typeof cell === "string") {
    const line = cell.replaceAll(/\p{Cc}/gu, " ")
    return line.length > 60 ? `${line.slice(0, 59)}…` : line
  }
  if (cell instanceof Uint8Array) return `${count(cell.length)} bytes`
  if (isArray(cell)) return numbers(cell)
  return cell.shape.length === 1 ? numbers(cell.data) : `${cell.shape.join("×")} ${numbers(cell.data)}`
}

type Nested = number | null | ReadonlyArray<Nested>

// JSON has no NaN and no infinity.
const finite = (n: number): number | null => (Number.isFinite(n) ? n : null)

const nested = (values: ArrayLike<number>, shape: ReadonlyArray<number>, start: number): Nested => {
  const [length, ...inner] = shape
  if (length === undefined) return finite(values[start] ?? Number.NaN)
  const step = inner.reduce((size, n) => size * n, 1)
  return Array.from({ length }, (_, at) => nested(values, inner, start + at * step))
}

/** A value as JSON: bytes in base64, tensors as nested arrays, `null` for what is not finite. */
export const toJson = (cell: Cell): string | Nested => {
  if (typeof cell === "string") return cell
  if (typeof cell === "number") return finite(cell)
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("base64")
  if (isArray(cell)) return Array.from(cell, finite)
  return nested(cell.data, cell.shape, 0)
}

/** A value as a field of a CSV file (RFC 4180): bytes in base64, lists and tensors as JSON. */
export const toCsv = (cell: Cell): string => {
  if (typeof cell === "number") return `${cell}`
  const json = toJson(cell)
  const text = typeof json === "string" ? json : JSON.stringify(json)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
