/**
 * Writes small WebAssembly modules (WebAssembly Core Specification 2.0, chapter
 * 5, "Binary Format"): functions of int32 arguments that return nothing, on one
 * memory that they are given. Instructions are bytes; nothing is checked here,
 * all of it by `WebAssembly.Module`.
 */

/** Instructions, as bytes. */
export type Code = ReadonlyArray<number>

/** An unsigned number, seven bits a byte (LEB128). */
const unsigned = (value: number): Code =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(Math.floor(value / 0x80))]

/** A signed one. */
const signed = (value: number): Code =>
  value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]

const vector = (items: ReadonlyArray<Code>): Code => [...unsigned(items.length), ...items.flat()]
const sized = (code: Code): Code => [...unsigned(code.length), ...code]
const text = (value: string): Code => sized([...new TextEncoder().encode(value)])
const section = (id: number, code: Code): Code => [id, ...sized(code)]

const simd = (number: number): Code => [0xfd, ...unsigned(number)]
// Alignments are hints; the addresses here have none.
const at = (offset: number): Code => [0, ...unsigned(offset)]

/** Instructions by their names in the specification. */
export const local = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number): Code => [0x21, ...unsigned(index)],
  tee: (index: number): Code => [0x22, ...unsigned(index)],
}

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: (offset = 0): Code => [0x28, ...at(offset)],
  store: (offset = 0): Code => [0x36, ...at(offset)],
  add: [0x6a],
  ltU: [0x49],
} satisfies Record<string, Code | ((value: number) => Code)>

export const v128 = {
  const: (bytes: Code): Code => [...simd(0x0c), ...bytes],
  load: (offset = 0): Code => [...simd(0x00), ...at(offset)],
  load32Splat: (offset = 0): Code => [...simd(0x09), ...at(offset)],
  load64Zero: (offset = 0): Code => [...simd(0x5d), ...at(offset)],
  store: (offset = 0): Code => [...simd(0x0b), ...at(offset)],
}

export const i8x16 = {
  shuffle: (lanes: Code): Code => [...simd(0x0d), ...lanes],
  swizzle: simd(0x0e),
  narrowI16x8U: simd(0x66),
}
export const i16x8 = {
  narrowI32x4S: simd(0x85),
  extendLowI8x16U: simd(0x89),
  extendHighI8x16U: simd(0x8a),
}
export const i32x4 = {
  splat: simd(0x11),
  extractLane0: [...simd(0x1b), 0],
  shl: simd(0xab),
  shrS: simd(0xac),
  add: simd(0xae),
  dotI16x8S: simd(0xba),
}

/** Instructions one after another. */
export const all = (...parts: ReadonlyArray<Code>): Code => parts.flat()

/** Does `body` once, and again as long as `condition` leaves something other than 0. */
export const again = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b]

/** A function: how many int32 it takes, and which locals come behind them. */
export interface Function {
  readonly name: string
  readonly takes: number
  readonly numbers: number
  readonly vectors: number
  readonly body: Code
}

const int32 = 0x7f
const vector128 = 0x7b

/** What a file begins with: `\0asm`, version 1. */
const magic: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** The bytes of a module of these functions, which imports its memory as `host.memory`. */
export const assemble = (functions: ReadonlyArray<Function>): Uint8Array<ArrayBuffer> => {
  const types = functions.map(({ takes }) => [0x60, ...vector(Array.from({ length: takes }, () => [int32])), 0])
  const memory = [...text("host"), ...text("memory"), 0x02, 0x00, ...unsigned(1)]
  const exports = functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)])
  const bodies = functions.map(({ body, numbers, vectors }) => {
    const locals = vector([
      [...unsigned(numbers), int32],
      [...unsigned(vectors), vector128],
    ])
    return sized([...locals, ...body, 0x0b])
  })
  return Uint8Array.from([
    ...magic,
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(exports)),
    ...section(10, vector(bodies)),
  ])
}
