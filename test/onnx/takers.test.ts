import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import { takers } from "../../src/onnx/takers.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

describe("what loops take from outside", () => {
  it.effect("is all that a Gather or Slice of their bodies takes of it, and nothing of their own", () =>
    Effect.gen(function* () {
      const g = Graph.make("loop")
      const table = g.input("table", "float32", ["rows", 8])
      const order = g.input("order", "int32", ["used"])
      const start = g.op("Gather", [table, g.constant(Tensor.int32([1], [0]))])
      const b = g.body("step")
      const [at, going] = [b.input("at", "int64", [1]), b.input("going", "bool", [])]
      const sum = b.input("sum", "float32", [1, 8])
      const chosen = b.op("Slice", [order, at, b.op("Add", [at, at])])
      const rows = b.op("Gather", [table, chosen])
      const inner = b.body("half")
      inner.output("first", inner.op("Slice", [table, at, at]), "float32", [1, 8])
      b.op("If", [going], { then_branch: inner })
      b.output("goingNext", b.op("Identity", [going]), "bool", [])
      b.output("sumNext", b.op("Add", [sum, b.op("Gather", [rows, chosen])]), "float32", [1, 8])
      const steps = g.input("steps", "int64", [])
      g.output("sum", g.op("Loop", [steps, g.constant(Tensor.bool([], [true])), start], { body: b }), "float32", [1, 8])
      expect(takers(yield* g.bytes)).toEqual(["step/slice", "step/gather", "step/half/first"])
    }),
  )

  it.effect("is nothing where there is no loop", () =>
    Effect.gen(function* () {
      const g = Graph.make("plain")
      const table = g.input("table", "float32", ["rows", 8])
      g.output("row", g.op("Gather", [table, g.constant(Tensor.int32([1], [0]))]), "float32", [1, 8])
      expect(takers(yield* g.bytes)).toEqual([])
    }),
  )
})
