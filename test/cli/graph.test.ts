import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { main } from "../../src/cli/main.ts"
import { Node, Pipeline } from "../../src/index.ts"
import { Output } from "../../src/report/Output.ts"
import { screen } from "../report/screens.ts"
import { board, numbers, times } from "./tiny/stages.ts"

const tiny = (factor = 0.5) => {
  const all = numbers({ count: 10 })
  return Pipeline.make(import.meta, "tiny", {
    table: board([Node.named(times(all, { by: factor }), "left"), Node.named(times(all, { by: 1 }), "right")]),
  })
}

const call = Effect.fnUntraced(function* (pipeline: Pipeline.Pipeline, ...args: ReadonlyArray<string>) {
  const [out, err] = [screen(), screen()]
  const code = yield* main(pipeline, args).pipe(
    Effect.matchEffect({ onFailure: (error) => Effect.succeed(error.code), onSuccess: () => Effect.succeed(0) }),
    Effect.provide(Layer.mergeAll(NodeServices.layer, Layer.succeed(Output, Output.of({ out, err })))),
  )
  return { code, out: out.lines().join("\n"), err: err.lines().join("\n") }
})

const inFolder = <A, E>(use: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.flatMap(fs.makeTempDirectoryScoped(), use)).pipe(
    Effect.scoped,
    Effect.provide(NodeServices.layer),
  )

describe("graph as a picture", () => {
  it.live("has what the store knows of each node: time, rows, size, and why it is stale", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const cache = ["--cache", `${folder}/cache`]
        const before = yield* call(tiny(), "graph", "--format", "svg", ...cache)
        expect(before.out).toContain("stale: never computed")
        expect(before.out).not.toContain("10 rows")
        yield* call(tiny(), "run", ...cache)
        const { out } = yield* call(tiny(), "graph", "--format", "svg", ...cache)
        expect(out).toMatch(/<title>times\(left\)|<title>times\n/)
        expect(out).toMatch(/2 nodes/)
        expect(out).toMatch(/\d+ ms · 20 rows · [\d.]+ k?B/)
        expect(out).toMatch(/aria-label="tiny: 4 fresh"/)
        const changed = yield* call(tiny(2), "graph", "--format", "svg", "--unfold", "times", ...cache)
        expect(changed.out).toContain("stale: param by 0.5 -&gt; 2")
        // What is not fresh has the figures of the last run.
        expect(changed.out.match(/\d ms, 10 rows, [\d.]+ k?B/g)?.length).toBeGreaterThanOrEqual(2)
      }),
    ),
  )

  it.live("goes to standard output, or to a file whose path is printed", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const cache = ["--cache", `${folder}/cache`]
        const fs = yield* FileSystem.FileSystem
        for (const [format, start] of [
          ["svg", "<svg "],
          ["html", "<!doctype html>"],
          ["tree", "◌ table = board(left, right)"],
        ] as const) {
          const said = yield* call(tiny(), "graph", "--format", format, ...cache)
          expect(said.out.startsWith(start)).toBe(true)
          const file = `${folder}/new/graph.${format}`
          const written = yield* call(tiny(), "graph", "--format", format, "-o", file, ...cache)
          expect(written).toEqual({ code: 0, out: file, err: "" })
          expect((yield* fs.readFileString(file)).trimEnd()).toBe(said.out.trimEnd())
        }
      }),
    ),
  )

  it.live("says what is wrong with what it is asked for", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const cache = ["--cache", `${folder}/cache`]
        const wrong = yield* call(tiny(), "graph", "--format", "svg", "--unfold", "extract", ...cache)
        expect([wrong.code, wrong.out]).toEqual([2, ""])
        expect(wrong.err).toBe("error: there is no stage called extract\nhint: the stages are numbers, times, board")
        for (const flag of [["--open"], ["--unfold", "times"]]) {
          const { code, err } = yield* call(tiny(), "graph", "--format", "dot", ...flag, ...cache)
          expect([code, err]).toEqual([2, expect.stringContaining("--format svg or --format html")])
        }
        const nowhere = yield* call(tiny(), "graph", "--format", "svg", "-o", "/dev/null/graph.svg", ...cache)
        expect([nowhere.code, nowhere.out]).toEqual([2, ""])
        expect(nowhere.err).toMatch(/^error: cannot write \/dev\/null\/graph.svg/)
      }),
    ),
  )
})
