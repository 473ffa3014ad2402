import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Batch } from "../../src/arrow/Table.ts"
import * as Table from "../../src/arrow/Table.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import { Device, type Provider } from "../../src/onnx/Device.ts"
import * as Session from "../../src/onnx/Session.ts"
import { changes } from "../../src/plan/Staleness.ts"
import { extract } from "../../stages/extract.ts"
import { neighbours } from "../../stages/neighbours.ts"
import { linearCole } from "../../stages/probes/linearCole.ts"
import { predictFeatures } from "../../stages/probes/predictFeatures.ts"
import { replicates } from "../../stages/statistics/replicates.ts"
import * as Lock from "../../src/run/Lock.ts"
import { lab, statesOf, upTo } from "./lab.ts"
import { nodesOf, pipeline, summaryOf } from "./engine.ts"
import { Numbers } from "./toys.ts"

/** What stages saw of the device, as words in a table. */
const Seen = Table.whole("seen", { device: "utf8" })
const SeenRows = Table.rows("seenRows", { id: "utf8", device: "utf8" })

const shared = { module: import.meta, version: "1", params: Schema.Struct({}) }
const seen = Effect.map(Device, (device) => ({ device: [device] }))

/** Computes on the device of the run, and says so in its environment. */
const computing = Stage.whole("computing", {
  ...shared,
  inputs: { numbers: Numbers },
  output: Seen,
  environment: Session.environmentOnDevice,
  run: () => seen,
})

/** Names the processor. */
const counting = Stage.whole("counting", {
  ...shared,
  inputs: { numbers: Numbers },
  output: Seen,
  environment: Session.environment,
  run: () => seen,
})

/** Names nothing, and looks both when it is opened and when a batch comes. */
const plain = Stage.rows("plain", {
  ...shared,
  inputs: { numbers: Numbers },
  output: SeenRows,
  over: "numbers",
  open: () =>
    Effect.map(
      Device,
      (opened) =>
        ({ id }: Batch<typeof Numbers>) =>
          Effect.map(Device, (device) => ({ id, device: id.map(() => `${opened} ${device}`) })),
    ),
})

const rows = Stage.rows("rows", {
  ...shared,
  inputs: { numbers: Numbers },
  output: SeenRows,
  over: "numbers",
  environment: Session.environmentOnDevice,
  open: () =>
    Effect.map(
      Device,
      (device) =>
        ({ id }: Batch<typeof Numbers>) =>
          Effect.succeed({ id, device: id.map(() => device) }),
    ),
})

const setUp = Effect.gen(function* () {
  const all = yield* lab
  all.write("numbers", upTo(3))
  const numbers = all.source("numbers")
  const targets = {
    computing: computing({ numbers }),
    counting: counting({ numbers }),
    plain: plain({ numbers }),
    rows: rows({ numbers }),
  }
  const on = Effect.provideService(Device, "webgpu")
  const device = (node: string) => all.rows(all.outputs(node)[0]?.table.hash).map((row) => row["device"])
  return { ...all, targets, on, device }
})

const ofDevice = ["computing(numbers)", "rows(numbers)"]

describe("a run on another device", () => {
  it.effect("gives it to the stages whose environment names it, and to no others", () =>
    Effect.gen(function* () {
      const { device, on, run, targets } = yield* setUp
      yield* on(run(targets))
      expect(device("computing(numbers)")).toEqual(["webgpu"])
      expect(device("counting(numbers)")).toEqual(["cpu"])
      expect(device("plain(numbers)")).toEqual(["cpu cpu", "cpu cpu", "cpu cpu"])
      expect(device("rows(numbers)")).toEqual(["webgpu", "webgpu", "webgpu"])
    }),
  )

  it.effect("takes nothing that another one computed, and leaves that as it was", () =>
    Effect.gen(function* () {
      const { device, held, on, run, targets } = yield* setUp
      expect(nodesOf(yield* run(targets), "finished")).toHaveLength(5)
      const other = yield* on(run(targets))
      expect(nodesOf(other, "finished")).toEqual(ofDevice)
      expect(device("computing(numbers)")).toEqual(["webgpu"])
      expect(nodesOf(yield* on(run(targets)), "finished")).toEqual([])
      const back = yield* run(targets)
      expect(nodesOf(back, "finished")).toEqual([])
      expect(device("computing(numbers)")).toEqual(["cpu"])
      expect(held.runs.map((record) => record.device)).toEqual([undefined, "webgpu", "webgpu", undefined])
      expect([summaryOf(other).device, "device" in summaryOf(back)]).toEqual(["webgpu", false])
    }),
  )

  it.effect("is a change that plan and explain name", () =>
    Effect.gen(function* () {
      const { explain, on, plan, run, targets } = yield* setUp
      yield* run(targets)
      const states = statesOf(yield* on(plan(targets)))
      expect(states["computing(numbers)"]).toEqual({ _tag: "stale", reason: "provider cpu -> webgpu" })
      expect(states["counting(numbers)"]).toEqual({ _tag: "fresh" })
      const { causes } = yield* on(explain(targets, "rows(numbers)"))
      expect(causes.map(({ changes, kind, node }) => ({ changes, kind, node }))).toEqual([
        {
          node: "rows(numbers)",
          kind: "changed",
          changes: [{ part: "environment", name: "provider", before: "cpu", after: "webgpu" }],
        },
      ])
    }),
  )
})

describe("a lock", () => {
  it.effect("names all devices that its figures come from", () =>
    Effect.gen(function* () {
      const { engine, on, run, targets } = yield* setUp
      yield* on(run(targets))
      const { versions } = yield* Effect.provide(on(Lock.make(pipeline(targets), "1")), engine)
      expect(versions).toMatchObject({ rankshift: "1", provider: "webgpu, cpu", optimisation: "all" })
    }),
  )
})

describe("the environment", () => {
  const on = (provider: Provider, stage: { readonly environment: Stage.AnyStage["environment"] }) =>
    Effect.provideService(stage.environment ?? Effect.succeed({}), Device, provider)

  it.effect("of stages that compute on the processor is what it was before there were devices", () =>
    Effect.gen(function* () {
      const before = { onnxruntime: expect.any(String), provider: "cpu", optimisation: "all" }
      for (const stage of [extract, linearCole, predictFeatures, neighbours]) {
        expect(yield* on("cpu", stage)).toEqual(before)
        expect(yield* on("webgpu", stage)).toEqual({ ...before, provider: "webgpu" })
      }
      expect(yield* on("webgpu", replicates)).toEqual(before)
    }),
  )

  it.effect("names what NVIDIA's libraries may do to float32", () =>
    Effect.gen(function* () {
      const before = yield* on("cuda", extract)
      process.env["NVIDIA_TF32_OVERRIDE"] = "0"
      const after = yield* on("cuda", extract).pipe(
        Effect.ensuring(Effect.sync(() => delete process.env["NVIDIA_TF32_OVERRIDE"])),
      )
      const parts = { stage: "s", code: "", packages: {}, params: {}, stamp: "", inputs: {} }
      expect(changes({ ...parts, environment: before }, { ...parts, environment: after })).toEqual([
        { part: "environment", name: "NVIDIA_TF32_OVERRIDE", before: "unset", after: "0" },
      ])
    }),
  )
})
