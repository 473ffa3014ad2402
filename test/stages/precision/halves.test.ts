import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { halves } from "../../../stages/precision/halves.ts"
import { halfToFloat } from "../../../stages/probes/half.ts"

const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)
const values = halfToFloat(all)

const as16 = (x: number): number => halfToFloat(halves(Float32Array.of(x)))[0] ?? NaN

/** The positive finite values of float16, in order. */
const line = values.subarray(0, 0x7c00)

describe("numbers as float16", () => {
  it("are what they were where float16 has them", () => {
    const again = halfToFloat(halves(values))
    expect(again.findIndex((value, i) => !Object.is(value, values[i]))).toBe(-1)
  })

  it("stay finite and stay other than zero, as onnxconverter-common's", () => {
    expect([65_504, 65_519, 65_520, 1e30, -7e4].map(as16)).toEqual([65_504, 65_504, 65_504, 65_504, -65_504])
    expect([2 ** -24, 2 ** -25, 1e-40, -1e-12].map(as16)).toEqual([2 ** -24, 2 ** -24, 2 ** -24, -(2 ** -24)])
    expect([Infinity, -Infinity, NaN].map(as16)).toEqual([Infinity, -Infinity, NaN])
    expect([0, -0].map(as16)).toEqual([0, -0])
  })

  it("take the even one of two that are equally near", () => {
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 2049, 2051].map(as16)).toEqual([1, 1 + 2 ** -9, 2048, 2052])
    expect([1.5 * 2 ** -24, 2.5 * 2 ** -24].map(as16)).toEqual([2 ** -23, 2 ** -23])
  })

  it.prop(
    "are the nearest ones",
    { drawn: Schema.Finite },
    ({ drawn }) => {
      const x = Math.fround(Math.abs(drawn) < 65_504 ? drawn : Math.sign(drawn) * (Math.abs(drawn) % 65_504))
      const found = Math.abs(as16(x))
      const size = Math.abs(x)
      const above = line.findIndex((value) => value >= size)
      const [low = 0, high = 65_504] = above < 1 ? [0, line[0]] : [line[above - 1], line[above]]
      const nearest = size - low < high - size ? low : high
      if (size > 2 ** -24) expect(Math.abs(found - size)).toBe(Math.abs(nearest - size))
      else expect(found).toBe(size === 0 ? 0 : 2 ** -24)
    },
    { arbitrary: { runs: 40 } },
  )
})
