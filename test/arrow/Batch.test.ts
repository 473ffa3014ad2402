import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import * as Batch from "../../src/arrow/Batch.ts"
import * as Table from "../../src/arrow/Table.ts"
import { draw, Drawn, rowsOf } from "./random.ts"

const Pixels = Table.rows("pixels", { id: "utf8", pixels: "uint8Tensor" })
const pixel = (id: string, shape: ReadonlyArray<number>) => ({
  id,
  pixels: { shape, data: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(id.charCodeAt(0)) },
})

it.effect.prop("is its rows", { drawn: Drawn }, ({ drawn }) =>
  Effect.sync(() => {
    const { batches, table } = draw(drawn)
    for (const [i, batch] of batches.entries()) {
      expect(Batch.rowCount(table, batch)).toBe(drawn.rows[i])
      expect(Batch.problem(table, batch)).toBeUndefined()
      const again = Batch.fromRows(table, rowsOf(table, [batch]))
      expect(rowsOf(table, [again])).toEqual(rowsOf(table, [batch]))
      if (drawn.rows[i] !== 0) expect(again).toEqual(batch)
    }
  }),
)

it.effect.prop("can be cut anywhere and put together again", { drawn: Drawn }, ({ drawn }) =>
  Effect.sync(() => {
    const { batches, table } = draw(drawn)
    const all = Batch.concat(table, batches)
    expect(rowsOf(table, [all])).toEqual(rowsOf(table, batches))
    const rows = Batch.rowCount(table, all)
    const at = drawn.seed % (rows + 1)
    const halves = [Batch.slice(table, all, 0, at), Batch.slice(table, all, at, rows)]
    expect(halves.map((half) => Batch.rowCount(table, half))).toEqual([at, rows - at])
    if (rows > 0) expect(Batch.concat(table, halves)).toEqual(all)
  }),
)

it("may be without rows", () => {
  const none = Batch.fromRows(Pixels, [])
  expect(none).toEqual({ id: [], pixels: { shape: [0], data: new Uint8Array() } })
  expect(Batch.rowCount(Pixels, none)).toBe(0)
  const some = Batch.fromRows(Pixels, [pixel("a", [2, 2, 3])])
  expect(Batch.concat(Pixels, [none, some, none])).toEqual(some)
  expect(Batch.concat(Pixels, [])).toEqual(none)
  expect(Batch.slice(Pixels, some, 1, 1).pixels.shape).toEqual([2, 2, 3])
})

it("rejects tensors of different shapes, and names the column", () => {
  const different = () => Batch.fromRows(Pixels, [pixel("a", [1, 2, 3]), pixel("b", [2, 1, 3])])
  expect(different).toThrow(
    expect.objectContaining({
      _tag: "BatchError",
      table: "pixels",
      column: "pixels",
      message: "pixels.pixels: a tensor of shape [2, 1, 3] stands beside one of shape [1, 2, 3]",
    }),
  )
  const short = () => Batch.fromRows(Pixels, [{ id: "a", pixels: { shape: [2], data: new Uint8Array(3) } }])
  expect(short).toThrow(expect.objectContaining({ _tag: "BatchError", column: "pixels" }))
})

it("says which column has too few rows, or is missing", () => {
  const batch = { id: ["a", "b"], pixels: { shape: [2], data: new Uint8Array(2) } }
  expect(Batch.problem(Pixels, batch)?.message).toBe("pixels.pixels: 1 rows where id has 2")
  expect(Reflect.apply(Batch.problem, undefined, [Pixels, { id: ["a"] }])).toMatchObject({ column: "pixels" })
})

it("gives rows and slices as views", () => {
  const batch = Batch.fromRows(Pixels, [pixel("a", [2]), pixel("b", [2]), pixel("c", [2])])
  const second = Batch.row(Pixels, batch, 1)
  expect(second.pixels.data.buffer).toBe(batch.pixels.data.buffer)
  expect(Batch.slice(Pixels, batch, 1, 3).pixels.data.buffer).toBe(batch.pixels.data.buffer)
  expect(() => Batch.row(Pixels, batch, 3)).toThrow(RangeError)
})

it("gives some of its columns", () => {
  const Scores = Table.whole("scores", { model: "utf8", value: "float64", images: "int32" }, { aside: ["images"] })
  const batch = Batch.fromRows(Scores, [{ model: "m", value: 0.5, images: 7 }])
  const picked: { readonly model: ReadonlyArray<string>; readonly value: Float64Array } = Batch.pick(Scores, batch, [
    "model",
    "value",
  ])
  expect(picked).toEqual({ model: ["m"], value: Float64Array.of(0.5) })
  expect(Batch.only(Scores, (name) => name !== "images")).toEqual(
    Table.whole("scores", { model: "utf8", value: "float64" }),
  )
  expect(Batch.beside(Scores, [picked, { images: Int32Array.of(7) }])).toEqual(batch)
})
