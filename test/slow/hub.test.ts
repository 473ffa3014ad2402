import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { type HubServer, hubServer, incomplete, until } from "../stages/sources/hubServer.ts"
import { makeProject } from "./project.ts"

const file = "onnx/model.onnx"

/** An encoder of some megabytes. */
const encoder = Effect.suspend(() => {
  const g = Graph.make("large")
  const pixels = g.input("pixels", "float32", ["rows", 3, 8, 8])
  const bytes = randomBytes(4 * 192 * 4096)
  const weights = Float32Array.from({ length: 192 * 4096 }, (_, i) => bytes.readUInt16LE(2 * i) / 65_536)
  const rows = g.op("Flatten", [pixels], { axis: 1 })
  g.output("features", g.op("MatMul", [rows, g.constant(Tensor.float32([192, 4096], weights))]), "float32", [
    "rows",
    4096,
  ])
  return g.bytes
})

const pipeline = (revision: string) => `
import { Pipeline } from "./src/index.ts"
import { hub } from "./stages/index.ts"
export default Pipeline.main(import.meta, "from-a-hub", {
  encoder: hub("owner/name", ${JSON.stringify(file)}, { revision: ${JSON.stringify(revision)} }),
})
`

/** What commands find in their environment, whatever the one of the tests says. */
const pointAt = ({ endpoint }: HubServer, downloads: string) =>
  Object.assign(process.env, { HF_ENDPOINT: endpoint, HF_HUB_CACHE: downloads, HF_HUB_OFFLINE: "", HF_TOKEN: "" })

const project = Effect.acquireRelease(Effect.sync(makeProject), (project) => Effect.sync(() => project.remove()))

describe("a pipeline with a model of a hub", () => {
  it.live("goes on with what a killed process has left, and two at once fetch it once", () =>
    Effect.gen(function* () {
      const { folder, run, write } = yield* project
      const hub = yield* hubServer(folder)
      const revision = hub.commit({ [file]: yield* encoder })
      write("pipeline.ts", pipeline(revision))
      pointAt(hub, join(folder, "downloads"))

      hub.spoil({ stallAfter: 2_000_000 })
      const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", "pipeline.ts", "run"], {
        cwd: folder,
        stdio: "ignore",
      })
      yield* until(() => incomplete(folder) >= 2_000_000)
      const ended = once(child, "exit")
      child.kill("SIGKILL")
      yield* Effect.promise(() => ended)
      hub.heard()

      // The first of the two is held up until the second one waits for it.
      hub.spoil({ breakAfter: 500_000 })
      const both = yield* Effect.promise(() => Promise.all([run(), run([], { cache: "other" })]))
      for (const { code, err, executed } of both) {
        expect(err).toBe("")
        expect({ code, executed }).toEqual({ code: 0, executed: ["hub(name)"] })
      }
      const ranges = hub
        .heard()
        .filter(({ method, server }) => method === "GET" && server === "store")
        .map(({ headers }) => headers.range)
      expect(ranges).toEqual(["bytes=2000000-", "bytes=2500000-"])

      const again = yield* Effect.promise(() => run())
      expect({ code: again.code, executed: again.executed }).toEqual({ code: 0, executed: [] })
      expect(hub.requests()).toEqual([])
    }).pipe(Effect.scoped),
  )

  it.live("asks for a branch once a command, and computes what a move changes", () =>
    Effect.gen(function* () {
      const { command, folder, run, write } = yield* project
      const hub = yield* hubServer(folder)
      hub.commit({ [file]: yield* encoder })
      write("pipeline.ts", pipeline("main"))
      pointAt(hub, join(folder, "downloads"))
      expect((yield* Effect.promise(() => run())).executed).toEqual(["hub(name)"])
      const asked = () =>
        hub.heard().map(({ method, path }) => `${method} ${/resolve\/[^/]+/u.exec(path)?.[0] ?? "content"}`)
      expect(asked()[0]).toBe("HEAD resolve/main")
      expect((yield* Effect.promise(() => run())).executed).toEqual([])
      expect(asked()).toEqual(["HEAD resolve/main"])
      const second = hub.commit({ [file]: yield* encoder })
      expect((yield* Effect.promise(() => run())).executed).toEqual(["hub(name)"])
      expect(asked()).toContain(`GET resolve/${second}`)
      const log = yield* Effect.promise(() => command(["log", "encoder"]))
      expect(log.out.toString()).toContain(second)
      hub.goDown()
      const without = yield* Effect.promise(() => run())
      expect({ code: without.code, executed: without.executed }).toEqual({ code: 0, executed: [] })
      const told = `main of owner/name is taken to be at ${second.slice(0, 12)}`
      const warned = without.events.flatMap((event) => (event.event === "warned" ? [event.message] : []))
      expect(warned).toEqual([expect.stringContaining(told)])
      const status = yield* Effect.promise(() => command(["status"]))
      expect(status.err).toContain(`warning: cannot reach 127.0.0.1`)
      expect(status.err).toContain(told)
    }).pipe(Effect.scoped),
  )
})
