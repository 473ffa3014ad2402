import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fstatSync, mkdirSync, openSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import { atOnce, settling } from "../../src/store/Settle.ts"
import { folders } from "./samples.ts"

const newFolder = folders("settle")
const opened = (folder: string, count: number): ReadonlyArray<number> => {
  mkdirSync(folder, { recursive: true })
  return Array.from({ length: count }, (_, i) => openSync(join(folder, `${i}`), "w"))
}
const isOpen = (descriptor: number): boolean => {
  try {
    fstatSync(descriptor)
    return true
  } catch {
    return false
  }
}

it.effect("later: whoever brings too many files waits, and when the scope is closed all are settled", () =>
  Effect.gen(function* () {
    const folder = newFolder()
    const files = opened(folder, 200)
    const waits = yield* Effect.scoped(
      Effect.gen(function* () {
        const settle = yield* settling
        yield* Effect.promise(() => settle.folder(folder))
        const waits = files.map((descriptor) => settle.file(descriptor))
        expect(files.filter(isOpen).length).toBeGreaterThan(64)
        yield* Effect.promise(() => Promise.all(waits))
        expect(files.filter(isOpen).length).toBeLessThanOrEqual(64)
        return waits
      }),
    )
    expect(waits.slice(0, 64).every((wait) => wait === undefined)).toBe(true)
    expect(waits.at(-1)).toBeInstanceOf(Promise)
    expect(files.filter(isOpen)).toEqual([])
  }),
)

it.effect("now: nothing is left open", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const settle = yield* settling
      const files = opened(newFolder(), 10)
      for (const descriptor of files) settle.file(descriptor)
      yield* settle.now
      expect(files.filter(isOpen)).toEqual([])
    }),
  ),
)

it("at once: the file is closed when the call is over", () => {
  const [descriptor = -1] = opened(newFolder(), 1)
  expect(atOnce.file(descriptor)).toBeUndefined()
  expect(isOpen(descriptor)).toBe(false)
})
