import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { eightBits } from "../../../stages/precision/eightBits.ts"

describe("weights in 8 bits", () => {
  it("are multiples of their channel's largest over 127, plus 128", () => {
    const numbers = Float32Array.of(1.27, -0.635, 0.01, 254, -127, 1)
    const { bytes, scales } = eightBits(numbers, 2, "first")
    expect([...scales]).toEqual([Math.fround(Math.fround(1.27) / 127), 2])
    // -63.5 goes to the even -64, as 0.5 goes to 0.
    expect([...bytes].map((byte) => byte - 128)).toEqual([127, -64, 1, 127, -64, 0])
  })

  it("have the scale 1 in a channel of zeros", () => {
    const { bytes, scales } = eightBits(new Float32Array(4), 2, "last")
    expect([...scales, ...bytes]).toEqual([1, 1, 128, 128, 128, 128])
  })

  const Numbers = Schema.Array(Schema.Finite).check(Schema.isMinLength(1))
  it.prop("are off by half a scale at most", { drawn: Numbers }, ({ drawn }) => {
    const numbers = Float32Array.from(drawn, (x) => x % 1e6)
    const { bytes, scales } = eightBits(numbers, 1, "first")
    const scale = scales[0] ?? 0
    numbers.forEach((x, i) => {
      const byte = (bytes[i] ?? 0) - 128
      expect(Math.abs(byte)).toBeLessThanOrEqual(127)
      expect(Math.abs(byte * scale - x)).toBeLessThanOrEqual(scale * 0.5001)
    })
  })
})
