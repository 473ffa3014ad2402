import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Ipc from "../../src/arrow/Ipc.ts"
import { main } from "../../src/cli/main.ts"
import { Node, Pipeline } from "../../src/index.ts"
import { Output } from "../../src/report/Output.ts"
import { Line } from "../../src/report/Follower.ts"
import { screen } from "../report/screens.ts"
import tinyPipeline from "./tiny/pipeline.ts"
import { board, numbers, Numbers, times } from "./tiny/stages.ts"

const tiny = (options: { readonly factor?: number; readonly failAt?: string } = {}) => {
  const all = numbers({ count: 10 })
  const { factor = 0.5, failAt } = options
  return Pipeline.make(import.meta, "tiny", {
    table: board([
      Node.named(times(all, { by: factor, ...(failAt === undefined ? {} : { failAt }) }), "left"),
      Node.named(times(all, { by: 1 }), "right"),
    ]),
  })
}

/** Runs command lines one after another on a store of their own; `cli` gives what came out and the exit code. */
const withStore = <A, E>(
  use: (cli: {
    readonly folder: string
    readonly call: (
      pipeline: Pipeline.Pipeline,
      ...args: ReadonlyArray<string>
    ) => Effect.Effect<{
      readonly code: number
      readonly out: ReadonlyArray<string>
      readonly err: ReadonlyArray<string>
    }>
  }) => Effect.Effect<A, E, FileSystem.FileSystem>,
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    return yield* use({
      folder,
      call: Effect.fnUntraced(function* (pipeline, ...args) {
        const [out, err] = [screen(), screen()]
        const exit = yield* main(pipeline, [...args, "--cache", `${folder}/cache`]).pipe(
          Effect.matchEffect({ onFailure: ({ code }) => Effect.succeed(code), onSuccess: () => Effect.succeed(0) }),
          Effect.provide(Layer.mergeAll(NodeServices.layer, Layer.succeed(Output, Output.of({ out, err })))),
        )
        return { code: exit, out: out.lines(), err: err.lines() }
      }),
    })
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const board1 = ["Scores, in percent", "model     all", "model 2  55.0", "model 1  27.5", "images     10"]

describe("run", () => {
  it.live("computes, then prints the tables and what it did; the second time nothing is left to do", () =>
    withStore(({ call }) =>
      Effect.gen(function* () {
        const first = yield* call(tiny(), "run")
        expect(first.code).toBe(0)
        expect(first.out.slice(0, 5)).toEqual(board1)
        expect(first.out.at(-1)).toMatch(/^tiny: 4 nodes executed, 0 cached, in \d/)
        expect(first.err.join("\n")).toMatch(/^numbers {2}1\/1 nodes/)
        const second = yield* call(tiny(), "run")
        expect(second).toEqual({
          code: 0,
          err: [],
          out: [...first.out.slice(0, -1), "tiny: all 4 nodes are fresh, nothing to do"],
        })
      }),
    ),
  )

  it.live("with --json prints events alone, the summary last", () =>
    withStore(({ call }) =>
      Effect.gen(function* () {
        const { code, err, out } = yield* call(tiny(), "run", "--json")
        expect([code, err]).toEqual([0, []])
        const events = out.map((line) => Schema.decodeUnknownSync(Schema.fromJsonString(Line))(line))
        expect(events[0]?.event).toBe("planned")
        expect(events.at(-1)).toMatchObject({ event: "summary", nodes: 4, executed: 4, cached: 0, failed: 0 })
      }),
    ),
  )

  it.live("takes patterns, and shows no table that was not asked for", () =>
    withStore(({ call }) =>
      Effect.gen(function* () {
        const { out } = yield* call(tiny(), "run", "times(right)")
        expect(out).toEqual([expect.stringMatching(/^tiny: 2 nodes executed, 0 cached/)])
        const forced = yield* call(tiny(), "run", "--force", "times*", "--force", "numbers", "--jobs", "1")
        expect(forced.out.at(-1)).toMatch(/^tiny: 4 nodes executed, 0 cached/)
      }),
    ),
  )

  it.live("with --dry-run says what would be computed and why, and computes nothing", () =>
    withStore(({ call }) =>
      Effect.gen(function* () {
        yield* call(tiny(), "run")
        const plan = [
          "●  times(left)         stale    param by 0.5 -> 2",
          "◌  board(left, right)  waiting  for times(left)",
          "tiny: 4 nodes: 2 fresh, 1 stale, 1 waiting",
        ]
        expect(yield* call(tiny({ factor: 2 }), "run", "--dry-run")).toEqual({ code: 0, err: [], out: plan })
        expect((yield* call(tiny({ factor: 2 }), "run", "--dry-run")).out).toEqual(plan)
        const json = yield* call(tiny({ factor: 2 }), "run", "--dry-run", "--json")
        expect(json.out.map((line): unknown => JSON.parse(line))).toEqual([
          expect.objectContaining({ event: "planned-node", node: "times(left)", reason: "param by 0.5 -> 2" }),
          expect.objectContaining({ event: "planned-node", node: "board(left, right)", for: ["times(left)"] }),
          { event: "planned", nodes: 4, fresh: 2, stale: 1, waiting: 1 },
        ])
      }),
    ),
  )

  it.live("tells of a failed node with its file and a hint, what it blocks, and exits with 1", () =>
    withStore(({ call }) =>
      Effect.gen(function* () {
        const { code, err, out } = yield* call(tiny({ failAt: "n3" }), "run", "--keep-going")
        expect(code).toBe(1)
        expect(out).toEqual([])
        const told = err.slice(err.indexOf("✗ times(left)"))
        expect(told.slice(0, 3)).toEqual(["✗ times(left)", "  numbers/n3.txt", "  n3: this number is bad"])
        expect(told[3]).toMatch(/^ {2}hint: /)
        expect(told.at(-1)).toBe("tiny: 1 failed, 1 blocked (2 executed, 0 cached)")
        const status = yield* call(tiny({ failAt: "n3" }), "status")
        expect(status.out.join("\n")).toContain("✗ 1 failed")
      }),
    ),
  )

  it.live("writes a trace", () =>
    withStore(({ call, folder }) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* call(tiny(), "run", "--trace", `${folder}/trace.json`)
        const entries: unknown = JSON.parse(yield* fs.readFileString(`${folder}/trace.json`))
        expect(entries).toEqual(expect.arrayContaining([expect.objectContaining({ ph: "X", name: "times(left)" })]))
        const refused = yield* call(tiny(), "run", "--trace", `${folder}/no/such/trace.json`)
        expect(refused.code).toBe(2)
        expect(refused.err[0]).toContain("cannot write")
      }),
    ),
  )
})

describe("looking at results", () => {
  it.live("graph, status, explain and log say what is what", () =>
    withStore(({ call }) =>
      Effect.gen(function* () {
        yield* call(tiny(), "run")
        expect((yield* call(tiny({ factor: 2 }), "graph")).out).toEqual([
          "◌ table = board(left, right)  waiting for times(left)",
          "├─ ● times(left)  stale: param by 0.5 -> 2",
          "│  └─ ✓ numbers  fresh",
          "└─ ✓ times(right)  fresh",
          "   └─ ✓ numbers  fresh",
        ])
        expect((yield* call(tiny(), "graph", "--format", "dot")).out[0]).toBe('digraph "tiny" {')
        expect((yield* call(tiny(), "graph", "--format", "mermaid")).out[0]).toBe("flowchart LR")
        expect((yield* call(tiny(), "status")).out).toEqual([
          "numbers  ✓ 1 fresh",
          "times    ✓ 2 fresh",
          "board    ✓ 1 fresh",
          "tiny: 4 nodes: 4 fresh",
        ])
        const explained = yield* call(tiny({ factor: 2 }), "explain", "times(left)")
        expect(explained.out).toContain("  param  by  0.5  ->  2")
        const logged = yield* call(tiny(), "log", "times(left)")
        expect(logged.out[0]).toMatch(/^times\(left\) {2}1 artifact, 10 rows/)
        expect(logged.out.join("\n")).toMatch(/param +by +0\.5/)
      }),
    ),
  )

  it.live("show gives the head, all rows as JSON or CSV, or an Arrow file", () =>
    withStore(({ call, folder }) =>
      Effect.gen(function* () {
        yield* call(tiny(), "run")
        expect((yield* call(tiny(), "show", "table")).out.slice(0, 5)).toEqual(board1)
        expect((yield* call(tiny(), "show", "times(right)", "--rows", "2")).out).toEqual([
          "id  value",
          "n1      1",
          "n2      2",
          "… 8 rows more",
        ])
        const json = yield* call(tiny(), "show", "times(left)", "--format", "json")
        const values: unknown = JSON.parse(json.out.join("\n"))
        expect(values).toEqual(Array.from({ length: 10 }, (_, at) => ({ id: `n${at + 1}`, value: (at + 1) / 2 })))
        const csv = yield* call(tiny(), "show", "times(left)", "--format", "csv", "--rows", "1")
        expect(csv.out).toEqual(["id,value\r", "n1,0.5\r"])
        const file = `${folder}/left.arrow`
        yield* call(tiny(), "show", "times(left)", "--format", "arrow", "--rows", "3", "--output", file)
        const [batch] = yield* Stream.runCollect(Ipc.read(Numbers, file))
        expect(batch).toEqual({ id: ["n1", "n2", "n3"], value: Float64Array.of(0.5, 1, 1.5) })
        const none = yield* call(tiny(), "show", "times(left)", "--format", "csv", "--rows", "0")
        expect(none.out).toEqual(["id,value\r"])
      }),
    ),
  )
})

describe("what is wrong", () => {
  it.live.each([
    { args: ["run", "--jbs", "3"], word: "--jobs" },
    { args: ["run", "--jobs", "0"], word: "from 1 on" },
    { args: ["run", "--pixel-budget", "much"], word: "20GB" },
    { args: ["graph", "--format", "png"], word: "mermaid" },
    { args: ["show", "table", "--rows", "-1"], word: "from 0 on" },
    { args: ["rn"], word: "run" },
  ])("with the usage exits with 2: $args", ({ args, word }) =>
    withStore(({ call }) =>
      Effect.gen(function* () {
        const { code, err, out } = yield* call(tiny(), ...args)
        expect([code, out]).toEqual([2, []])
        expect(err.join("\n")).toContain(word)
        expect(err.at(-1)).toContain("--help")
      }),
    ),
  )

  it.live("with the pipeline or the name of a node exits with 2 and names what is like it", () =>
    withStore(({ call }) =>
      Effect.gen(function* () {
        const unknown = yield* call(tiny(), "show", "tims(left)")
        expect(unknown.code).toBe(2)
        expect(unknown.err[0]).toBe("error: no node matches tims(left)")
        expect(unknown.err[1]).toContain("times(left)")
        const early = yield* call(tiny(), "show", "table")
        expect([early.code, early.err[0]]).toEqual([2, "error: board(left, right) has not been computed yet"])
        const bad = yield* call(Pipeline.make(import.meta, "bad", { all: numbers({ count: 0.5 }) }), "run", "--json")
        expect(bad.code).toBe(2)
        expect(bad.out).toEqual([])
        expect(bad.err.join("\n")).toContain("count")
      }),
    ),
  )
})

describe("importing a pipeline", () => {
  it("runs nothing", () => {
    expect(tinyPipeline.name).toBe("tiny")
    expect(Object.keys(tinyPipeline.targets)).toEqual(["table"])
  })
})
