import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parse } from "../../../stages/checkpoints/Checkpoint.ts"
import { Malformed } from "../../../stages/checkpoints/Malformed.ts"
import { float32 } from "../../../stages/checkpoints/Weight.ts"
import { bytesOf, expected } from "./files.ts"

const valuesOf = (name: string, prefix: string) =>
  Object.fromEntries(
    [...parse(bytesOf(name)).weights].map(([key, weight]) => [key.replace(prefix, ""), [...float32(weight)]]),
  )

/** Pickles by hand: protocol 2, the given opcodes, the end. */
const pickle = (body: string) => Buffer.concat([Buffer.from([0x80, 2]), Buffer.from(body, "latin1"), Buffer.from(".")])

const refused = (bytes: Uint8Array): Malformed => {
  try {
    parse(bytes)
  } catch (cause) {
    if (cause instanceof Malformed) return cause
    throw cause
  }
  throw new Error("it was read")
}

describe("a checkpoint", () => {
  it("has the weights that PyTorch wrote: views, strides, halves, whichever container", () => {
    expect(valuesOf("zip.pth", "state_dict.")).toEqual(expected.containers)
    expect(valuesOf("legacy.pth", "state_dict.")).toEqual(expected.containers)
    const { bfloat: _, ...others } = expected.containers
    expect(valuesOf("weights.safetensors", "")).toEqual(others)
    expect(parse(bytesOf("zip.pth")).container).toBe("pytorch zip")
    expect(parse(bytesOf("legacy.pth")).container).toBe("pytorch legacy")
  })

  it("executes nothing: whatever asks for more than weights need is named and refused", () => {
    const evil = refused(pickle("cposix\nsystem\n(X\u0002\0\0\0lstR"))
    expect(evil.message).toContain('"posix.system"')
    expect(evil.hint).toContain("state_dict")
    expect(refused(pickle("c__builtin__\neval\n(X\u0001\0\0\0xtR")).message).toContain('"__builtin__.eval"')
  })

  it("says what it is where it is something else", () => {
    expect(refused(Buffer.from("hello")).message).toContain("none of the containers")
    expect(refused(pickle("}")).message).toContain("it holds no weights")
  })

  it("that is cut short is refused, wherever it is cut", () => {
    for (const name of ["zip.pth", "legacy.pth", "weights.safetensors"]) {
      const bytes = bytesOf(name)
      for (let length = 0; length < bytes.length; length += 7) {
        expect(() => {
          for (const weight of parse(bytes.subarray(0, length)).weights.values()) float32(weight)
        }, `${name}, ${length} bytes`).toThrow(Malformed)
      }
    }
  })

  it("that lies about sizes is refused before anything large is made", () => {
    const header = (shape: string, end: number) => {
      const text = `{"a":{"dtype":"F32","shape":${shape},"data_offsets":[0,${end}]}}`
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(text.length))
      return Buffer.concat([length, Buffer.from(text), Buffer.alloc(8)])
    }
    expect(refused(header("[100000,100000]", 8)).message).toContain("shape [100000, 100000]")
    expect(refused(header("[2]", 800)).message).toContain("not within the file")
    expect(refused(header("[1]", 4)).message).toContain("left over")
    expect(
      refused(Buffer.concat([Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]), Buffer.from("{}")])).message,
    ).toContain("longer than the format allows")
  })

  const position = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e6 }))
  const names = ["zip.pth", "legacy.pth", "weights.safetensors"] as const
  it.effect.prop(
    "that is damaged anywhere is read or refused, and nothing else happens",
    {
      name: Schema.Literals(names),
      at: Schema.Array(
        Schema.Struct({ position, byte: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })) }),
      ),
    },
    ({ at, name }) =>
      Effect.sync(() => {
        const bytes = Uint8Array.from(bytesOf(name))
        for (const { byte, position } of at) bytes[position % bytes.length] = byte
        try {
          for (const weight of parse(bytes).weights.values()) float32(weight)
        } catch (cause) {
          expect(cause).toBeInstanceOf(Malformed)
        }
      }),
    { arbitrary: { runs: 1000 } },
  )
})
