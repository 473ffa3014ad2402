import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

// TensorProto.DataType.FLOAT16
const float16 = 10

/** Turns float32 numbers into the bits of float16s, rounded to the nearest. Closed with the scope. */
export const halver = Effect.gen(function* () {
  const g = Graph.make("halve")
  const halves = g.op("Cast", [g.input("numbers", "float32", ["count"])], { to: float16 })
  g.output("halves", halves, "float16", ["count"])
  const failed = Effect.mapError(
    (error: Session.SessionError) =>
      new StageError({ message: `the features cannot be made float16: ${error.message}`, cause: error }),
  )
  const session = yield* failed(Session.open(yield* g.bytes, { thread: "caller" }))
  return (numbers: Float32Array) =>
    failed(session.run({ numbers: Tensor.float32([numbers.length], numbers) }, { halves: "float16" })).pipe(
      Effect.map(({ halves }) => halves.data),
    )
})
