import * as Schema from "effect/Schema"

/** A value has no canonical form. `path` says where in it: `$.mean[2]`. */
export class CanonicalError extends Schema.TaggedError<CanonicalError>()("CanonicalError", {
  message: Schema.String,
  path: Schema.String,
}) {}

const reject = (path: string, what: string): never => {
  throw new CanonicalError({ message: `${path} is ${what}, which has no place in a key`, path })
}

// A name's code units decide, so the order is the same under every locale.
const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const encode = (value: unknown, path: string): string => {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value)
  if (typeof value === "number") {
    // JSON.stringify writes -0 as 0 and every other number as the shortest text that reads back as it.
    return Number.isFinite(value) ? JSON.stringify(value) : reject(path, String(value))
  }
  if (Array.isArray(value)) return `[${Array.from(value, (item, i) => encode(item, `${path}[${i}]`)).join(",")}]`
  if (!isRecord(value)) return reject(path, value === undefined ? "undefined" : `no JSON value (${typeof value})`)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(byName)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${encode(member, `${path}.${name}`)}`).join(",")}}`
}

/**
 * The one text that stands for a JSON value: members sorted by name, no white
 * space, -0 as 0. A member that is `undefined` counts as missing. Equal values
 * have equal texts and different ones different texts.
 *
 * Throws a {@link CanonicalError} for NaN, infinities, `undefined` elsewhere
 * and whatever else is no JSON value.
 */
export const canonical = (value: unknown): string => encode(value, "$")
