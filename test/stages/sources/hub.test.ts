import { readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Table from "../../../src/arrow/Table.ts"
import type { Node } from "../../../src/dsl/Node.ts"
import * as Stage from "../../../src/dsl/Stage.ts"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import type { Event } from "../../../src/run/Event.ts"
import { hub, hubFile } from "../../../stages/sources/hub.ts"
import { Patience } from "../../../stages/sources/hub/Patience.ts"
import { Visit } from "../../../stages/sources/hub/revision.ts"
import { checkpoint } from "../../../stages/sources/checkpoint.ts"
import { Encoder } from "../../../stages/tables.ts"
import { runWhole, services } from "../../harness.ts"
import { outside } from "../../onnx/outside.ts"
import { nodesOf, onDisk, only, pipeline, runAll } from "../../run/engine.ts"
import { folder as checkpoints } from "../checkpoints/files.ts"
import { folderWith } from "./folderWith.ts"
import { hubServer } from "./hubServer.ts"

const repository = "owner/name"
const file = "onnx/model.onnx"
const patient = { silence: "20 seconds", pause: "5 millis", tries: 2 } as const

const model = (name: string) =>
  Effect.suspend(() => {
    const g = Graph.make(name)
    const pixels = g.input("pixels", "float32", ["rows", 4])
    g.output("features", g.op("Identity", [pixels]), "float32", ["rows", 4])
    return g.bytes
  })

/** A stage on top of an encoder, to see what goes on. */
const length = Stage.whole("length", {
  module: import.meta,
  version: "1",
  params: Schema.Struct({}),
  inputs: { encoder: Encoder },
  output: Table.whole("length", { bytes: "int32" }),
  run: ({ encoder }) => Effect.map(encoder.all, ({ onnx }) => ({ bytes: Int32Array.of(onnx[0]?.length ?? 0) })),
})

const downloadsOf = (folder: string, endpoint: string, more: Readonly<Record<string, string>> = {}) =>
  ConfigProvider.layer(ConfigProvider.fromUnknown({ HF_HUB_CACHE: folder, HF_ENDPOINT: endpoint, ...more }))

/** A hub, and runs against it, each in a process of its own as far as the hub can tell. */
const world = Effect.gen(function* () {
  const folder = yield* folderWith({})
  const server = yield* hubServer(folder)
  let visits = 0
  const run = (targets: Readonly<Record<string, Node>>, environment: Readonly<Record<string, string>> = {}) => {
    visits += 1
    return runAll(pipeline(targets)).pipe(
      Effect.provide(onDisk(join(folder, "cache"))),
      Effect.provide(
        Layer.mergeAll(
          downloadsOf(folder, server.endpoint, environment),
          Layer.succeed(Visit, `visit ${visits}`),
          Layer.succeed(Patience, patient),
        ),
      ),
    )
  }
  return { folder, server, run, place: join(folder, "models--owner--name") }
})

const stage = (server: { readonly endpoint: string }, folder: string, params: object) =>
  runWhole(hubFile, {}, { repository, ...params }).pipe(
    Effect.provide(Layer.mergeAll(services(), downloadsOf(folder, server.endpoint), Layer.succeed(Patience, patient))),
  )

describe("an encoder from a hub", () => {
  it.live("at a commit is downloaded once and never asked for again", () =>
    Effect.gen(function* () {
      const { run, server } = yield* world
      const revision = server.commit({ [file]: yield* model("first") })
      const encoder = hub(repository, file, { revision })
      const targets = { bytes: length(encoder) }
      expect(nodesOf(yield* run(targets), "finished")).toEqual(["hub(name)", "length(name)"])
      expect(server.requests()).toEqual(["HEAD hub", "GET hub", "GET store"])
      expect(nodesOf(yield* run(targets), "started")).toEqual([])
      // What is computed anew is read from the download.
      const others = { bytes: length(hub(repository, file, { revision, maxBytes: 1000 })) }
      expect(nodesOf(yield* run(others), "finished")).toEqual(["hub(name)"])
      expect(server.requests()).toEqual([])
    }).pipe(Effect.scoped),
  )

  it.live("on a branch is asked for once a run, and fetched again where the branch has moved", () =>
    Effect.gen(function* () {
      const { place, run, server } = yield* world
      const bytes = yield* model("first")
      const first = server.commit({ [file]: bytes })
      const targets = { bytes: length(hub(repository, file)), other: hub(repository, "other.onnx") }
      server.commit({ [file]: bytes, "other.onnx": bytes })
      const begun = yield* run(targets)
      expect(nodesOf(begun, "failed")).toEqual([])
      expect(server.heard().filter(({ path }) => path.includes("/resolve/main/"))).toHaveLength(1)

      expect(nodesOf(yield* run(targets), "started")).toEqual([])
      expect(server.requests()).toEqual(["HEAD hub"])

      // The same files at another commit: looked at, and nothing on top of them is computed.
      const second = server.commit({ [file]: bytes, "other.onnx": bytes, "readme.txt": "more" })
      const looked = yield* run(targets)
      expect(nodesOf(looked, "finished")).toHaveLength(2)
      expect(nodesOf(looked, "started").filter((name) => name.startsWith("length"))).toEqual([])
      expect(server.requests().filter((request) => request === "GET store")).toEqual([])
      expect(yield* Effect.promise(() => readFile(join(place, "refs", "main"), "utf8"))).toBe(second)
      expect(second).not.toBe(first)

      // Another file.
      server.commit({ [file]: yield* model("second"), "other.onnx": bytes })
      const moved = yield* run(targets)
      expect(nodesOf(moved, "finished").filter((name) => name.startsWith("length"))).toHaveLength(1)
      expect(server.requests().filter((request) => request === "GET store")).toHaveLength(1)
    }).pipe(Effect.scoped),
  )

  it.live("on a branch is taken as it was where the hub cannot be reached or must not be", () =>
    Effect.gen(function* () {
      const { folder, place, run, server } = yield* world
      const commit = server.commit({ [file]: yield* model("first") })
      const targets = { bytes: length(hub(repository, file)) }
      yield* run(targets)
      server.requests()
      const told = (events: ReadonlyArray<Event>) => only(events, "warned").map(({ message }) => message)
      const offlineRun = yield* run(targets, { HF_HUB_OFFLINE: "1" })
      expect({ begun: nodesOf(offlineRun, "started"), told: told(offlineRun) }).toEqual({ begun: [], told: [] })
      expect(server.requests()).toEqual([])
      server.goDown()
      const alone = yield* run(targets)
      expect(nodesOf(alone, "started")).toEqual([])
      expect(told(alone)).toEqual([
        expect.stringMatching(`cannot reach 127.0.0.1.*: main of owner/name is taken to be at ${commit.slice(0, 12)}`),
      ])

      // What other tools have fetched does as well.
      yield* Effect.promise(() => rm(join(folder, "cache"), { recursive: true }))
      expect(nodesOf(yield* run(targets), "finished")).toHaveLength(2)
      yield* Effect.promise(() => rm(join(folder, "cache"), { recursive: true }))
      yield* Effect.promise(() => rm(place, { recursive: true }))
      const [failed] = only(yield* run(targets), "failed")
      expect(failed?.message).toContain("cannot reach 127.0.0.1")
      const [offline] = only(yield* run(targets, { HF_HUB_OFFLINE: "1" }), "failed")
      expect(offline?.message).toContain("it is not known which commit main of owner/name is at")
    }).pipe(Effect.scoped),
  )

  it.live("is a checkpoint where its content is one, read as `checkpoint` reads it", () =>
    Effect.gen(function* () {
      const { folder, server } = yield* world
      const bytes = yield* Effect.promise(() => readFile(join(checkpoints, "moco.pth.tar")))
      server.commit({ "weights.bin": bytes })
      const params = { file: "weights.bin", weights: "encoder_k" }
      const found = yield* stage(server, folder, params)
      const wanted = runWhole(checkpoint, {}, { file: join(checkpoints, "moco.pth.tar"), weights: "encoder_k" })
      expect(found).toEqual(yield* Effect.provide(wanted, services()))
      const error = yield* Effect.flip(stage(server, folder, { ...params, architecture: "ResNet-50" }))
      expect(error.message).toContain("a ResNet-50 is asked for")
    }).pipe(Effect.scoped),
  )

  it.live("comes with the files that its weights lie in", () =>
    Effect.gen(function* () {
      const { folder, server } = yield* world
      const g = Graph.make("scaled")
      const pixels = g.input("pixels", "float32", ["rows", 4])
      const factors = g.constant(Tensor.float32([4], Float32Array.of(1, 2, 3, 4)))
      const terms = g.constant(Tensor.float32([4], Float32Array.of(5, 6, 7, 8)))
      g.output("features", g.op("Add", [g.op("Mul", [pixels, factors]), terms]), "float32", ["rows", 4])
      const places = ["model.onnx_data", "weights/part 1"]
      const { files, model } = outside(yield* g.bytes, (_, i) => ({ location: places[i] ?? "" }))
      const beside = Object.entries(files).map(([name, bytes]) => [`onnx/${name}`, bytes] as const)
      expect(beside).toHaveLength(2)
      server.commit({ ...Object.fromEntries(beside), [file]: model })
      const { onnx } = yield* stage(server, folder, { file })
      const session = yield* Session.open(onnx[0] ?? new Uint8Array(), { thread: "caller" })
      const given = { pixels: Tensor.float32([1, 4], Float32Array.of(1, 1, 1, 1)) }
      const { features } = yield* session.run(given, { features: "float32" })
      expect([...features.data]).toEqual([6, 8, 10, 12])
    }).pipe(Effect.scoped),
  )

  it.live("comes with the files named beside it, as TensorFlow's data", () =>
    Effect.gen(function* () {
      const { folder, server } = yield* world
      const name = "model.ckpt-225206"
      const parts = [`${name}.data-00000-of-00002`, `${name}.data-00001-of-00002`]
      const names = [`${name}.index`, ...parts]
      const files = yield* Effect.forEach(names, (name) =>
        Effect.map(
          Effect.promise(() => readFile(join(checkpoints, name))),
          (bytes) => [`tf/${name}`, bytes] as const,
        ),
      )
      server.commit(Object.fromEntries(files))
      const params = { file: `tf/${name}.index`, files: parts.map((part) => `tf/${part}`) }
      const wanted = runWhole(checkpoint, {}, { file: join(checkpoints, `${name}.index`) })
      expect(yield* stage(server, folder, params)).toEqual(yield* Effect.provide(wanted, services()))
      const error = yield* Effect.flip(stage(server, folder, { ...params, files: ["tf/none.data"] }))
      expect(error.message).toContain("no file tf/none.data")
    }).pipe(Effect.scoped),
  )

  it.live("that is neither is an error that names the file", () =>
    Effect.gen(function* () {
      const { folder, place, server } = yield* world
      const commit = server.commit({ "readme.md": "# Words" })
      const error = yield* Effect.flip(stage(server, folder, { file: "readme.md" }))
      expect(error).toMatchObject({ _tag: "StageError", file: join(place, "snapshots", commit, "readme.md") })
    }).pipe(Effect.scoped),
  )

  it("takes no path that leads out of the repository, and no name that is none", () => {
    const accepts = (params: object) =>
      Schema.is(Schema.toType(hubFile.params))({ revision: "main", maxBytes: 1, ...params })
    expect(accepts({ repository, file })).toBe(true)
    expect(accepts({ repository: "name", file })).toBe(true)
    for (const bad of ["../model.onnx", "/model.onnx", "a//b", "a/../../b", "a\\b", "", "."]) {
      expect(accepts({ repository, file: bad })).toBe(false)
      expect(accepts({ repository, file, files: [bad] })).toBe(false)
      expect(accepts({ repository, file, revision: bad })).toBe(false)
    }
    for (const bad of ["a/b/c", "..", "../b", "a/..", "", "a b/c", "https://example.org/a"]) {
      expect(accepts({ repository: bad, file })).toBe(false)
    }
  })
})
