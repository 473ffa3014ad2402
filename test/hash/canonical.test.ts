import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { expect } from "vitest"
import { canonical } from "../../src/hash/canonical.ts"

type Members = ReadonlyArray<readonly [string, Schema.Json]>

/** The same value with every object's members the other way round. */
const reversed = (value: Schema.Json): Schema.Json => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== "object" || value === null) return value
  const members: Members = Object.entries(value)
  return Object.fromEntries(members.map(([name, member]) => [name, reversed(member)] as const).reverse())
}

const withoutMinusZero = (value: Schema.Json): Schema.Json => {
  if (value === 0) return 0
  if (Array.isArray(value)) return value.map(withoutMinusZero)
  if (typeof value !== "object" || value === null) return value
  const members: Members = Object.entries(value)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutMinusZero(member)] as const))
}

it.effect.prop("does not depend on the order of members", { value: Schema.Json }, ({ value }) =>
  Effect.sync(() => expect(canonical(reversed(value))).toBe(canonical(value))),
)

// What can be read back is different for different values.
it.effect.prop("says all there is to say", { value: Schema.Json }, ({ value }) =>
  Effect.sync(() => expect(JSON.parse(canonical(value))).toEqual(withoutMinusZero(value))),
)

it("has one form for each value", () => {
  expect(canonical({ b: [1, -0, { z: true, a: null }], a: "x" })).toBe('{"a":"x","b":[1,0,{"a":null,"z":true}]}')
  expect(canonical({ é: 1, e: 2, E: 3, "10": 4, "9": 5 })).toBe('{"10":4,"9":5,"E":3,"e":2,"é":1}')
  expect(canonical([1e21, 0.1 + 0.2, 1e-7])).toBe("[1e+21,0.30000000000000004,1e-7]")
  expect(canonical("\ud800")).toBe('"\\ud800"')
})

it("takes a member that is undefined for a missing one", () => {
  expect(Reflect.apply(canonical, undefined, [{ k: 20, seed: undefined }])).toBe(canonical({ k: 20 }))
})

it("rejects what is no JSON value, and says where it is", () => {
  const hostile: ReadonlyArray<readonly [path: string, value: unknown]> = [
    ["$.mean[1]", { mean: [1, Number.NaN] }],
    ["$.a.b", { a: { b: Number.POSITIVE_INFINITY } }],
    ["$[1]", [1, undefined]],
    ["$", undefined],
    ["$.when", { when: new Date(0) }],
    ["$.f", { f: () => 1 }],
    ["$.n", { n: 1n }],
  ]
  for (const [path, value] of hostile) {
    const encode: () => string = () => Reflect.apply(canonical, undefined, [value])
    expect(encode).toThrow(expect.objectContaining({ _tag: "CanonicalError", path }))
  }
})
