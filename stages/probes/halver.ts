import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

// TensorProto.DataType.FLOAT16
const float16 = 10
const largest = 65_504

/**
 * Turns float32 numbers into the bits of float16s, rounded to the nearest. Closed with the scope.
 *
 * Errors: a number that is too large for a float16.
 */
export const halver = Effect.gen(function* () {
  const g = Graph.make("halve")
  const numbers = g.input("numbers", "float32", ["count"])
  g.output("halves", g.op("Cast", [numbers], { to: float16 }), "float16", ["count"])
  g.output("most", g.op("ReduceMax", [g.op("Abs", [numbers])], { keepdims: 0 }), "float32", [])
  const failed = Effect.mapError(
    (error: Session.SessionError) =>
      new StageError({ message: `the features cannot be made float16: ${error.message}`, cause: error }),
  )
  const session = yield* failed(Session.open(yield* g.bytes, { thread: "caller" }))
  return Effect.fnUntraced(function* (numbers: Float32Array) {
    const fed = { numbers: Tensor.float32([numbers.length], numbers) }
    const { halves, most } = yield* failed(session.run(fed, { halves: "float16", most: "float32" }))
    const found = most.data[0] ?? 0
    if (Number.isFinite(found) && found > largest) {
      return yield* new StageError({
        message: `the features reach ${found}, and float16, as which they would fit into memory, ends at ${largest}`,
        hint: "raise `memory`, so that they fit as float32, or lower it, so that they are read shard by shard",
      })
    }
    return halves.data
  })
})
