import { it } from "@effect/vitest"
import { expect } from "vitest"
import { appendTo } from "../../src/arrow/appendTo.ts"

/** A file on a disk that takes at most so many bytes at once. */
const slowFile = (most: number) => {
  const taken: Array<number> = []
  let calls = 0
  const writev = async <T extends ReadonlyArray<NodeJS.ArrayBufferView>>(buffers: T) => {
    calls += 1
    const bytes = buffers.flatMap((view) => [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)])
    taken.push(...bytes.slice(0, most))
    return { bytesWritten: Math.min(most, bytes.length), buffers }
  }
  return { taken, writev, calls: () => calls }
}

it("writes everything in order, however little is taken at once", async () => {
  const chunks = Array.from({ length: 9 }, (_, i) => Uint8Array.from({ length: i * 3 }, (_, j) => i * 16 + j))
  for (const most of [1, 2, 7, 50, 1000]) {
    const file = slowFile(most)
    await appendTo(file, chunks)
    expect(file.taken).toEqual(chunks.flatMap((chunk) => [...chunk]))
  }
})

it("passes on views as the bytes they are of", async () => {
  const file = slowFile(100)
  await appendTo(file, [new Uint8Array(Float32Array.of(1, 2, 3).buffer, 4, 4), Buffer.from("ab")])
  expect(file.taken).toEqual([0, 0, 0, 64, 97, 98])
})

it("takes more chunks than one call can", async () => {
  const file = slowFile(1e6)
  await appendTo(
    file,
    Array.from({ length: 2000 }, (_, i) => Uint8Array.of(i % 256)),
  )
  expect(file.taken).toHaveLength(2000)
  expect(file.calls()).toBe(4)
})
