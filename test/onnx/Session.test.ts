import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { createRequire } from "node:module"
import { Worker } from "node:worker_threads"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

const threads = ["own", "caller"] as const

/** `y = x + shift`, and `z = -x`. */
const shifted = () => {
  const g = Graph.make("shifted")
  const x = g.input("x", "float32", ["n"])
  g.output("y", g.op("Add", [x, g.input("shift", "float32", [1])]), "float32", ["n"])
  g.output("z", g.op("Neg", [x]), "float32", ["n"])
  return g.bytes
}

const one = Tensor.float32([1], [1])

/** Multiplies a matrix by itself so many times: something that takes a while. */
const slow = () => {
  const g = Graph.make("slow")
  const x = g.input("x", "float32", ["n", "n"])
  const body = g.body("step")
  body.input("i", "int64", [])
  const going = body.input("going", "bool", [])
  const y = body.input("y", "float32", ["n", "n"])
  body.output("going", going, "bool", [])
  body.output("y", body.op("MatMul", [y, x]), "float32", ["n", "n"])
  const start = [g.input("times", "int64", []), g.constant(Tensor.bool([], [true])), x]
  g.output("y", g.op("Loop", start, { body }), "float32", ["n", "n"])
  return g.bytes
}

const side = 128
const work = (times: number) => ({
  x: Tensor.float32([side, side], new Float32Array(side * side).fill(1 / side)),
  times: Tensor.int64([], [times]),
})

describe.each(threads)("Session on the thread: %s", (thread) => {
  const open = (onnx: Uint8Array) => Session.open(onnx, { thread })

  it.effect("says what a model takes and gives", () =>
    Effect.gen(function* () {
      const session = yield* open(yield* shifted())
      expect(session.inputs).toEqual([
        { name: "x", type: "float32", dims: ["n"] },
        { name: "shift", type: "float32", dims: [1] },
      ])
      expect(session.outputs.map(({ name }) => name)).toEqual(["y", "z"])
    }),
  )

  it.effect("gives only what is wanted", () =>
    Effect.gen(function* () {
      const session = yield* open(yield* shifted())
      const found = yield* session.run({ x: Tensor.float32([2], [1, 2]), shift: one }, { y: "float32" })
      expect(Object.keys(found)).toEqual(["y"])
      expect(found.y).toEqual(Tensor.float32([2], [2, 3]))
    }),
  )

  it.effect("answers runs asked for at once, each its own", () =>
    Effect.gen(function* () {
      const session = yield* open(yield* shifted())
      const found = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, i) => i),
        (i) => session.run({ x: Tensor.float32([1], [i]), shift: one }, { y: "float32" }),
        { concurrency: "unbounded" },
      )
      expect(found.map(({ y }) => y.data[0])).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    }),
  )

  it.effect("feeds a view of larger memory alone, and leaves what is fed in place", () =>
    Effect.gen(function* () {
      const session = yield* open(yield* shifted())
      const all = Float32Array.of(9, 1, 2, 9)
      const feeds = { x: Tensor.float32([2], all.subarray(1, 3)), shift: one }
      for (let i = 0; i < 2; i++) {
        const { y } = yield* session.run(feeds, { y: "float32" })
        expect([...y.data]).toEqual([2, 3])
      }
      expect([...all]).toEqual([9, 1, 2, 9])
    }),
  )

  it.effect("feeds what is held to every run", () =>
    Effect.gen(function* () {
      const session = yield* open(yield* shifted())
      yield* session.hold({ shift: Tensor.float32([1], [10]) })
      for (const x of [1, 2]) {
        const { y } = yield* session.run({ x: Tensor.float32([1], [x]) }, { y: "float32" })
        expect([...y.data]).toEqual([x + 10])
      }
    }),
  )

  it.effect("computes a few rows at a time and joins them", () =>
    Effect.gen(function* () {
      const g = Graph.make("rows")
      const x = g.input("x", "float32", ["n", 2])
      const count = g.op("Gather", [g.op("Shape", [x]), g.constant(Tensor.int64([], [0]))])
      g.output(
        "y",
        g.op("Mul", [x, g.op("Add", [g.input("by", "float32", []), g.input("also", "float32", ["n", 1])])]),
        "float32",
        ["n", 2],
      )
      g.output(
        "counts",
        g.op("Expand", [
          count,
          g.op("Slice", [g.op("Shape", [x]), ...[0, 1].map((i) => g.constant(Tensor.int64([1], [i])))]),
        ]),
        "int64",
        ["n"],
      )
      const session = yield* open(yield* g.bytes)
      yield* session.hold({ by: Tensor.float32([], [10]) })
      const feeds = {
        x: Tensor.float32([5, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        also: Tensor.float32([5, 1], [0, 0, 0, 0, 1]),
      }
      const wanted = { y: "float32", counts: "int64" } as const
      const { counts, y } = yield* session.run(feeds, wanted, { rows: 2 })
      expect(y).toEqual(Tensor.float32([5, 2], [0, 10, 20, 30, 40, 50, 60, 70, 88, 99]))
      expect(counts).toEqual(Tensor.int64([5], [2, 2, 2, 2, 1]))
      expect((yield* session.run(feeds, wanted, { rows: 9 })).counts.data[0]).toBe(5n)
      const uneven = { ...feeds, also: Tensor.float32([1, 1], [0]) }
      expect((yield* Effect.flip(session.run(uneven, wanted, { rows: 2 }))).message).toContain(
        "different numbers of rows: 5, 1",
      )
    }),
  )

  it.effect("takes models that lie in a Buffer, or within other bytes", () =>
    Effect.gen(function* () {
      const onnx = yield* shifted()
      const within = new Uint8Array(onnx.length + 20)
      within.set(onnx, 10)
      for (const bytes of [Buffer.from(onnx), within.subarray(10, 10 + onnx.length)]) {
        const session = yield* open(bytes)
        expect((yield* session.run({ x: one, shift: one }, { z: "float32" })).z.data[0]).toBe(-1)
        expect(bytes.length).toBe(onnx.length)
      }
    }),
  )

  it.effect("carries tensors of all element types", () =>
    Effect.gen(function* () {
      const tensors: ReadonlyArray<Tensor.Tensor> = [
        Tensor.float32([1], [1.5]),
        { type: "float64", dims: [1], data: Float64Array.of(Math.PI) },
        { type: "int8", dims: [1], data: Int8Array.of(-128) },
        Tensor.uint8([1], Uint8Array.of(255)),
        { type: "int16", dims: [1], data: Int16Array.of(-32768) },
        { type: "uint16", dims: [1], data: Uint16Array.of(65535) },
        Tensor.int32([1], [-(2 ** 31)]),
        { type: "uint32", dims: [1], data: Uint32Array.of(2 ** 32 - 1) },
        Tensor.int64([1], [-5]),
        { type: "uint64", dims: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
        Tensor.bool([2], [true, false]),
      ]
      const g = Graph.make("same")
      for (const [i, { dims, type }] of tensors.entries()) {
        g.output(`y${i}`, g.op("Identity", [g.input(`x${i}`, type, dims)]), type, dims)
        g.output(`c${i}`, g.constant(tensors[i] ?? one), type, dims)
      }
      const session = yield* open(yield* g.bytes)
      const wanted = Object.fromEntries(
        tensors.flatMap(({ type }, i) => [
          [`y${i}`, type],
          [`c${i}`, type],
        ]),
      )
      const found = yield* session.run(Object.fromEntries(tensors.map((x, i) => [`x${i}`, x])), wanted)
      for (const [i, tensor] of tensors.entries()) {
        expect(found[`y${i}`]).toEqual(tensor)
        expect(found[`c${i}`]).toEqual(tensor)
      }
    }),
  )

  it.effect("says in a line why a model or a run is refused", () =>
    Effect.gen(function* () {
      const refused = (onnx: Uint8Array) => Effect.flip(open(onnx))
      expect(yield* refused(Uint8Array.of(1, 2, 3))).toMatchObject({ _tag: "SessionError", during: "open" })
      const unknown = Graph.make("unknown")
      unknown.output("y", unknown.op("Nope", [unknown.input("x", "float32", [1])]), "float32", [1])
      expect((yield* refused(yield* unknown.bytes)).message).toContain("No Op registered for Nope")

      const session = yield* open(yield* shifted())
      const error = (feeds: Session.Tensors, wanted: Session.Wanted) => Effect.flip(session.run(feeds, wanted))
      const x = Tensor.float32([3], [1, 2, 3])
      const missing = yield* error({ x }, { y: "float32" })
      expect(missing).toMatchObject({ _tag: "SessionError", during: "run" })
      expect(missing.message).toContain("shift")
      expect((yield* error({ x, shift: one }, { w: "float32" })).message).toContain("w")
      expect((yield* error({ x, shift: Tensor.int64([1], [1]) }, { y: "float32" })).message).toContain("int64")
      expect((yield* error({ x, shift: one }, { y: "int64" })).message).toBe(
        "the output y is of the type float32, not int64",
      )
      expect((yield* error({ x: Tensor.float32([4], [1]), shift: one }, { y: "float32" })).message).toContain("size(4)")
      // It is as good as before.
      expect([...(yield* session.run({ x, shift: one }, { y: "float32" })).y.data]).toEqual([2, 3, 4])
    }),
  )

  it.effect("leaves source locations out of messages", () =>
    Effect.gen(function* () {
      const g = Graph.make("sum")
      g.output("z", g.op("Add", [g.input("x", "float32", ["n"]), g.input("y", "float32", ["m"])]), "float32", ["n"])
      const session = yield* open(yield* g.bytes)
      const feeds = { x: Tensor.float32([2], [1, 2]), y: Tensor.float32([3], [1, 2, 3]) }
      const { message } = yield* Effect.flip(session.run(feeds, { z: "float32" }))
      expect(message).toContain("2 by 3")
      expect(message).not.toMatch(/\.(cc|h):\d/)
    }),
  )
})

describe("Session on a thread of its own", () => {
  it.effect("lets everything else go on", () =>
    Effect.gen(function* () {
      const session = yield* Session.open(yield* slow())
      let turns = 0
      const timer = setInterval(() => turns++, 5)
      const start = performance.now()
      yield* session.run(work(1500), { y: "float32" })
      clearInterval(timer)
      // At least a turn in 50 ms, which a busy machine grants.
      expect(turns).toBeGreaterThan((performance.now() - start) / 50)
    }),
  )

  it.effect("computes beside other sessions", () =>
    Effect.gen(function* () {
      const onnx = yield* slow()
      const [a, b] = [yield* Session.open(onnx), yield* Session.open(onnx)]
      const ended: Array<string> = []
      const run = (session: Session.Session, times: number, name: string) =>
        Effect.andThen(
          session.run(work(times), { y: "float32" }),
          Effect.sync(() => ended.push(name)),
        )
      yield* Effect.all([run(a, 5000, "long"), run(b, 5, "short")], { concurrency: 2 })
      expect(ended).toEqual(["short", "long"])
    }),
  )

  it.effect("computes runs asked for at once side by side where it may have copies", () =>
    Effect.gen(function* () {
      const session = yield* Session.open(yield* slow(), { copies: 2 })
      const ended: Array<string> = []
      const run = (times: number, name: string) =>
        Effect.andThen(
          session.run(work(times), { y: "float32" }),
          Effect.sync(() => ended.push(name)),
        )
      yield* Effect.all([run(5000, "long"), run(5, "short")], { concurrency: 2 })
      expect(ended).toEqual(["short", "long"])
    }),
  )

  it.effect("uses the thread of a closed session again", () =>
    Effect.gen(function* () {
      // Threads are numbered: what is started in between shows in the numbers of two others.
      const number = Effect.promise(async () => {
        const worker = new Worker("", { eval: true })
        const { threadId } = worker
        await worker.terminate()
        return threadId
      })
      const onnx = yield* slow()
      const use = Effect.scoped(Effect.flatMap(Session.open(onnx), (session) => session.run(work(1), { y: "float32" })))
      yield* use
      const before = yield* number
      for (let i = 0; i < 5; i++) expect((yield* use).y.data[0]).toBeCloseTo(1 / side, 5)
      yield* Effect.flip(Session.open(Uint8Array.of(1, 2, 3)))
      yield* use
      expect(yield* number).toBe(before + 1)
    }),
  )

  it.effect("is closed with its scope", () =>
    Effect.gen(function* () {
      const onnx = yield* shifted()
      const session = yield* Effect.scoped(Session.open(onnx))
      const error = yield* Effect.flip(session.run({ x: one, shift: one }, { y: "float32" }))
      expect(error.message).toContain("the model is not open")
    }),
  )

  const script = (body: string) => {
    const source = `
      import * as Effect from "effect/Effect"
      import * as Fiber from "effect/Fiber"
      import * as Graph from "./src/onnx/Graph.ts"
      import * as Session from "./src/onnx/Session.ts"
      import * as Tensor from "./src/onnx/Tensor.ts"
      ${body}
    `
    const tsx = createRequire(import.meta.url).resolve("tsx/cli")
    const ran = spawnSync(process.execPath, [tsx, "--input-type=module", "-e", source], {
      encoding: "utf8",
      timeout: 20_000,
    })
    return { stdout: ran.stdout, stderr: ran.stderr, status: ran.status }
  }

  it("keeps no process from ending", () => {
    const ran = script(`
      const g = Graph.make("neg")
      g.output("y", g.op("Neg", [g.input("x", "float32", [1])]), "float32", [1])
      const run = Effect.gen(function* () {
        const session = yield* Session.open(yield* g.bytes)
        return yield* session.run({ x: Tensor.float32([1], [1]) }, { y: "float32" })
      })
      console.log((await Effect.runPromise(Effect.scoped(run))).y.data[0])
    `)
    expect(ran).toEqual({ stdout: "-1\n", stderr: "", status: 0 })
  })

  it("has its copies open at once where they are to be ready, one to a thread", () => {
    const ran = script(`
      import { availableParallelism } from "node:os"
      import { Worker } from "node:worker_threads"
      const g = Graph.make("neg")
      g.output("y", g.op("Neg", [g.input("x", "float32", [1])]), "float32", [1])
      const started = (options) => Effect.scoped(Effect.gen(function* () {
        yield* Session.open(yield* g.bytes, options)
        // Threads are numbered: this is the next one.
        const next = new Worker("", { eval: true })
        const { threadId } = next
        yield* Effect.promise(() => next.terminate())
        return threadId
      }))
      const first = await Effect.runPromise(started({ copies: 9 }))
      const second = await Effect.runPromise(started({ copies: 9, ready: true }))
      // Of as many threads as cores, one was started for the first.
      console.log(second - first - 1 === Math.min(9, availableParallelism()) - 1)
    `)
    expect(ran).toEqual({ stdout: "true\n", stderr: "", status: 0 })
  })

  // Native code that runs while its thread is ended takes the whole process down.
  it("waits for an interrupted run before it closes", () => {
    const ran = script(`
      const g = Graph.make("slow")
      const x = g.input("x", "float32", [512, 512])
      const products = [x]
      for (let i = 0; i < 50; i++) products.push(g.op("MatMul", [products.at(-1), x]))
      g.output("y", products.at(-1), "float32", [512, 512])
      const run = Effect.gen(function* () {
        const session = yield* Session.open(yield* g.bytes)
        const feeds = { x: Tensor.float32([512, 512], new Float32Array(512 * 512)) }
        const fiber = yield* Effect.forkChild(session.run(feeds, { y: "float32" }))
        yield* Effect.sleep("20 millis")
        yield* Fiber.interrupt(fiber)
      })
      await Effect.runPromise(Effect.scoped(run))
      console.log("closed")
      process.exit(0)
    `)
    expect(ran).toEqual({ stdout: "closed\n", stderr: "", status: 0 })
  })
})

describe("environment", () => {
  it.effect("names what can change the numbers", () =>
    Effect.gen(function* () {
      const { onnxruntime, ...rest } = yield* Session.environment
      expect(onnxruntime).toMatch(/^\d+\.\d+\.\d+$/)
      expect(rest).toEqual({ provider: "cpu", optimisation: "all" })
    }),
  )
})
