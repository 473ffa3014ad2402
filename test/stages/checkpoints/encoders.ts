import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { checkpoint } from "../../../stages/sources/checkpoint.ts"
import { runWhole } from "../../harness.ts"
import { folder } from "./files.ts"

/** The images of which `make.py` computes the features. */
export const pixels = Tensor.float32(
  [2, 3, 40, 48],
  Float32Array.from({ length: 2 * 3 * 40 * 48 }, (_, i) => ((i * 37) % 101) / 50 - 1),
)

/** Whether numbers are the same to 1e-4. */
export const near = (found: Float32Array, wanted: ReadonlyArray<number>) => {
  expect(found).toHaveLength(wanted.length)
  const furthest = found.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? NaN))), 0)
  expect(furthest).toBeLessThan(1e-4)
}

/** The encoder that the stage makes of one of the small checkpoints. */
export const encoder = Effect.fnUntraced(function* (file: string, params: Readonly<Record<string, string>> = {}) {
  const { onnx } = yield* runWhole(checkpoint, {}, { file: `${folder}${file}`, ...params })
  return yield* Session.open(onnx[0] ?? new Uint8Array(), { thread: "caller" })
})
