import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { attempt, best } from "../../src/onnx/attempt.ts"
import { Device } from "../../src/onnx/Device.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { missing } from "./driver.ts"

const side = 64
const numbers = (seed: number) =>
  Float32Array.from({ length: side * side }, (_, i) => Math.sin(seed + i * (1 + seed / 7)) / 4)

/** Sines of a product, several times over: `times` of them in a `Loop`, which carries `y` from one to the next. */
const model = (seed: number) => {
  const g = Graph.make("sines")
  const x = g.input("x", "float32", ["n", side])
  const weights = g.constant(Tensor.float32([side, side], numbers(seed)))
  const body = g.body("step")
  body.input("i", "int64", [])
  const going = body.input("going", "bool", [])
  const y = body.input("y", "float32", ["n", side])
  body.output("going", body.op("Identity", [going]), "bool", [])
  body.output("y", body.op("Sin", [body.op("Gemm", [y, weights])]), "float32", ["n", side])
  const start = [g.input("times", "int64", []), g.constant(Tensor.bool([], [true])), x]
  g.output("y", g.op("Loop", start, { body }), "float32", ["n", side])
  return g.bytes
}

const feeds = (seed: number) => ({
  x: Tensor.float32([side, side], numbers(seed)),
  times: Tensor.int64([], [3]),
})

const computed = (seed: number, options: Session.Options = {}) =>
  Effect.gen(function* () {
    const session = yield* Session.open(yield* model(seed), options)
    return yield* Effect.forEach(
      [1, 2, 3],
      (more) => Effect.map(session.run(feeds(seed + more), { y: "float32" }), ({ y }) => y.data),
      { concurrency: 3 },
    )
  }).pipe(Effect.scoped)

describe.skipIf(missing)("sessions on WebGPU", () => {
  it.live("compute as the processor does, many at once, opened and closed side by side", () =>
    Effect.gen(function* () {
      yield* attempt("webgpu")
      const seeds = Array.from({ length: 12 }, (_, i) => i)
      const all = Effect.forEach(seeds, (seed) => computed(seed, { copies: 4 }), { concurrency: "unbounded" })
      const there = yield* Effect.provideService(all, Device, "webgpu")
      const here = yield* all
      let largest = 0
      for (const [i, runs] of there.entries()) {
        for (const [j, run] of runs.entries()) {
          run.forEach((x, at) => (largest = Math.max(largest, Math.abs(x - (here[i]?.[j]?.[at] ?? NaN)))))
        }
      }
      // WebGPU grants a sine an error of 2^-11.
      expect(largest).toBeLessThan(1e-3)
      // Equal to the last bit it would be the processor that has computed.
      expect(largest).toBeGreaterThan(0)
    }),
  )

  it.live("leave what is computed on the calling thread to the processor", () =>
    Effect.gen(function* () {
      const there = yield* Effect.provideService(computed(1, { thread: "caller" }), Device, "webgpu")
      expect(there).toEqual(yield* computed(1, { thread: "caller" }))
    }),
  )

  it.live("are the best there is where CUDA is not", () => Effect.map(best, (found) => expect(found).not.toBe("cpu")))
})
