/** Damaged model files, by the thousand: each is read or refused, in little time and memory. */
import { readdirSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { choose } from "../../stages/checkpoints/Candidate.ts"
import { parse } from "../../stages/checkpoints/Checkpoint.ts"
import { Malformed } from "../../stages/checkpoints/Malformed.ts"
import { build } from "../../stages/checkpoints/network.ts"
import { extract } from "../../stages/extract.ts"
import { Encoder } from "../../stages/tables.ts"
import { openRows, readerOf, services } from "../harness.ts"
import { bytesOf, folder } from "../stages/checkpoints/files.ts"

const files = readdirSync(folder).filter((name) => !/\.(?:py|json)$|\.data-/u.test(name))
const beside = (ending: string) =>
  /^\.data-0000[01]-of-00002$/u.test(ending) ? bytesOf(`model.ckpt-225206${ending}`) : undefined

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
const random = (seed: number) => {
  let state = Math.imul(seed + 1, 0x9e3779b9)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

const kinds = ["flip", "flip", "flip", "set", "set", "ones", "zeros", "cut", "drop", "repeat", "insert"] as const

/** Where to damage a file: most of what it says of itself is near its ends, and its first bytes say what it is. */
const place = (draw: () => number, size: number): number => {
  const near = Math.floor(draw() * draw() * Math.min(size, 30_000))
  const from = draw() < 0.02 ? 0 : 12
  const where = draw()
  const found = where < 0.5 ? from + near : where < 0.8 ? size - 1 - near : Math.floor(draw() * size)
  return Math.max(0, Math.min(size - 1, found))
}

const damagedOnce = (bytes: Buffer, draw: () => number): Buffer => {
  if (bytes.length === 0) return bytes
  const kind = kinds[Math.floor(draw() * kinds.length)] ?? "flip"
  const at = place(draw, bytes.length)
  const value = Math.floor(draw() * 256)
  const length = 1 + Math.floor(draw() ** 4 * 64)
  const end = Math.min(bytes.length, at + length)
  const [before, within, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)]
  const instead = (...middle: ReadonlyArray<Uint8Array>) => Buffer.concat([before, ...middle, after])
  switch (kind) {
    case "flip":
      return instead(within.map((byte) => byte ^ (1 << (value & 7))))
    case "set":
      return instead(Buffer.alloc(within.length, value))
    case "ones":
      return instead(Buffer.alloc(within.length, 255))
    case "zeros":
      return instead(Buffer.alloc(within.length))
    case "cut":
      return before
    case "drop":
      return instead()
    case "repeat":
      return instead(within, within)
    case "insert":
      return instead(within, Buffer.alloc(length, value))
  }
}

const damaged = (bytes: Uint8Array, draw: () => number): Buffer => {
  let found: Buffer = Buffer.from(bytes)
  for (let times = 1 + Math.floor(draw() ** 3 * 4); times > 0; times--) found = damagedOnce(found, draw)
  return found
}

/** A second is far less than the ten that are promised, on a machine that does other things, too. */
const slowest = 5000
const mostMemory = 2 ** 30

const started = process.memoryUsage().rss

/** Said of a try where it fails. */
const within = (seed: number, began: number) => {
  expect(performance.now() - began, `seed ${seed}`).toBeLessThan(slowest)
  expect(process.memoryUsage().rss - started, `seed ${seed}`).toBeLessThan(mostMemory)
}

const tries = { checkpoints: 8000, onnx: 2000 }

it.effect("a damaged checkpoint is read or refused", () =>
  Effect.gen(function* () {
    const found = { read: 0, refused: 0 }
    for (let seed = 0; seed < tries.checkpoints; seed++) {
      const draw = random(seed)
      const bytes = damaged(bytesOf(files[seed % files.length] ?? ""), draw)
      const began = performance.now()
      const built = yield* Effect.result(
        Effect.try({ try: () => build(choose(parse(bytes, beside).weights, undefined)), catch: (cause) => cause }),
      )
      if (Result.isFailure(built)) {
        expect(built.failure, `seed ${seed}`).toBeInstanceOf(Malformed)
        found.refused++
      } else {
        expect((yield* built.success.graph.bytes).length).toBeGreaterThan(0)
        found.read++
      }
      within(seed, began)
    }
    // Otherwise nothing but the first bytes would have been looked at.
    expect(found.read).toBeGreaterThan(tries.checkpoints / 20)
    expect(found.refused).toBeGreaterThan(tries.checkpoints / 4)
  }),
)

const pixels = { id: ["one"], pixels: { shape: [32, 32, 3], data: new Uint8Array(32 * 32 * 3).fill(100) } }

it.live("a damaged ONNX file gives features, or an error that says what is wrong", () =>
  Effect.gen(function* () {
    const whole = yield* build(choose(parse(bytesOf("swav.pth.tar")).weights, undefined)).graph.bytes
    let read = 0
    for (let seed = 0; seed < tries.onnx; seed++) {
      const onnx = damaged(whole, random(seed))
      const began = performance.now()
      const features = yield* Effect.result(
        Effect.gen(function* () {
          const step = yield* openRows(extract, { encoder: readerOf(Encoder, { onnx: [onnx] }) })
          return yield* step(pixels)
        }).pipe(Effect.scoped, Effect.provide(services())),
      )
      if (Result.isSuccess(features)) read++
      else expect(features.failure._tag, `seed ${seed}`).toBe("StageError")
      within(seed, began)
    }
    expect(read).toBeGreaterThan(tries.onnx / 20)
  }),
)
