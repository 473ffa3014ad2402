import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { desk } from "./calls.ts"
import tiny from "./tiny/pipeline.ts"

const variable = "RANKSHIFT_DEVICE"
const inShell = (value: string) =>
  Effect.acquireRelease(
    Effect.sync(() => void (process.env[variable] = value)),
    () => Effect.sync(() => delete process.env[variable]),
  )

const runsOf = (cache: string) => (existsSync(join(cache, "runs")) ? readdirSync(join(cache, "runs")) : [])

// On machines where CUDA is installed there is nothing to see here.
const cuda = existsSync("node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so")

describe.skipIf(cuda)("a device that is not there", () => {
  it.live("is an error before any work begins, which says what is missing and what to do", () =>
    Effect.gen(function* () {
      const { cache, call } = yield* desk
      for (const command of [["run"], ["check"], ["verify", "--repair"]]) {
        const { code, err, out } = yield* call(tiny, ...command, "--device", "cuda")
        expect([code, out]).toEqual([2, []])
        expect(err).toHaveLength(2)
        expect(err[0]).toMatch(/^error: onnxruntime's part for CUDA is not installed: /)
        expect(err[1]).toMatch(/^hint: .*ONNXRUNTIME_NODE_INSTALL=cuda12 .*--device webgpu/)
      }
      expect(runsOf(cache)).toEqual([])
    }),
  )

  it.live("is no error where nothing is computed: results of another machine can be looked at", () =>
    Effect.gen(function* () {
      const { call } = yield* desk
      expect(yield* call(tiny, "status", "--device", "cuda")).toMatchObject({ code: 0, err: [] })
      expect(yield* call(tiny, "run", "--dry-run", "--device", "cuda")).toMatchObject({ code: 0, err: [] })
    }),
  )
})

describe("the device", () => {
  it.live("auto is one that computes here, and is named", () =>
    Effect.gen(function* () {
      const { call } = yield* desk
      const { code, err } = yield* call(tiny, "run", "--device", "auto")
      expect([code, err[0]]).toEqual([0, expect.stringMatching(/^device: (cpu|webgpu|cuda)$/)])
    }),
  )

  it.live("may be said by the shell; a flag goes before", () =>
    Effect.gen(function* () {
      const { call } = yield* desk
      yield* inShell("tpu")
      const refused = yield* call(tiny, "status")
      expect([refused.code, ...refused.err]).toEqual([
        2,
        "error: RANKSHIFT_DEVICE is tpu",
        "hint: it can be one of cpu, webgpu, cuda, auto",
      ])
      expect((yield* call(tiny, "status", "--device", "cpu")).code).toBe(0)
      yield* inShell("")
      expect((yield* call(tiny, "status")).code).toBe(0)
    }),
  )

  it.live("must be one that there is", () =>
    Effect.gen(function* () {
      const { call } = yield* desk
      const { code, err } = yield* call(tiny, "run", "--device", "tpu")
      expect(code).toBe(2)
      expect(err.join("\n")).toContain("webgpu")
    }),
  )
})
