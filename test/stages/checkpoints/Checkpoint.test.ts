import { crc32, deflateRawSync } from "node:zlib"
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

/** A zip of one file, deflated. */
const zipped = (name: string, content: Uint8Array): Uint8Array => {
  const [packed, title] = [deflateRawSync(content), Buffer.from(name)]
  const described = Buffer.alloc(24)
  described.writeUInt16LE(20, 0)
  described.writeUInt16LE(8, 4)
  described.writeUInt32LE(crc32(content), 10)
  described.writeUInt32LE(packed.length, 14)
  described.writeUInt32LE(content.length, 18)
  const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), described.subarray(0, 22), Buffer.alloc(4)])
  local.writeUInt16LE(title.length, 26)
  const central = Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\0"), described.subarray(0, 22), Buffer.alloc(18)])
  central.writeUInt16LE(title.length, 28)
  const end = Buffer.alloc(22)
  end.write("PK\u0005\u0006", "latin1")
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length + title.length, 12)
  end.writeUInt32LE(local.length + title.length + packed.length, 16)
  return Buffer.concat([local, title, packed, central, title, end])
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
    // What every object of JavaScript has is no function of numpy.
    for (const name of ["numpy\nconstructor", "numpy.core.multiarray\ntoString", "dill._dill\n_load_type"]) {
      expect(refused(pickle(`c${name}\n)R`)).message).toContain(name.replace("\n", "."))
    }
  })

  it("may name the states of BYOL's training, whichever way dill has saved them", () => {
    const state = "cbyol.byol_experiment\n_ByolExperimentState\n(NNNNcoptax._src.transform\nTraceState\n)\u0081t\u0081"
    expect(refused(pickle(state)).message).toContain("it holds no weights")
    expect(refused(pickle(state.replace("NNNN", "NNN"))).message).toContain("more or fewer values than fields")
  })

  it("that would fill the memory from a few bytes is refused", () => {
    const copies = `(${"N".repeat(100_000)}lq\0${"ctorch\nSize\n(h\0tR0".repeat(5000)}}`
    expect(refused(pickle(copies)).message).toContain("copies one thing too often")
    const bomb = zipped("weights.pth", Buffer.alloc(2 ** 27))
    expect(refused(bomb).message).toMatch(/would unpack from \d+ to 134217728 bytes/u)
    const inner = zipped("weights.pth", Buffer.from("hello"))
    expect(refused(zipped("inner.zip", inner)).message).toContain("a zip in a zip")
  })

  it("of TensorFlow says which of its files is missing or damaged", () => {
    const index = bytesOf("model.ckpt-225206.index")
    const all = (bytes: Uint8Array, change: (data: Uint8Array) => Uint8Array | undefined) => {
      const found = parse(bytes, (ending) => change(bytesOf(`model.ckpt-225206${ending}`)))
      for (const weight of found.weights.values()) float32(weight)
    }
    all(index, (data) => data)
    expect(() => all(index, () => undefined)).toThrow("the file with the ending .data-00000-of-00002 is missing")
    expect(() => all(index, (data) => data.subarray(0, 100))).toThrow("is not within the file")
    expect(() => all(index, (data) => data.map((byte) => byte ^ 1))).toThrow("its checksum differs")
    const wrong = Uint8Array.from(index)
    wrong[100] = (wrong[100] ?? 0) ^ 1
    expect(() => all(wrong, (data) => data)).toThrow("its index is broken: a checksum differs")
  })

  it("says what it is where it is something else", () => {
    expect(refused(Buffer.from("hello")).message).toContain("none of the containers")
    expect(refused(pickle("}")).message).toContain("it holds no weights")
  })

  it("that is cut short is refused, wherever it is cut", () => {
    for (const name of ["zip.pth", "legacy.pth", "weights.safetensors", "model.ckpt-225206.index"]) {
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
  const names = ["zip.pth", "legacy.pth", "weights.safetensors", "model.ckpt-225206.index"] as const
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
