import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { parseHTML } from "linkedom"
import { main } from "../../src/cli/main.ts"
import { Node, Pipeline } from "../../src/index.ts"
import { Output } from "../../src/report/Output.ts"
import { screen } from "../report/screens.ts"
import { board, numbers, times } from "./tiny/stages.ts"

const tiny = (factor = 0.5) => {
  const all = numbers({ count: 10 })
  return Pipeline.make(import.meta, "tiny <i>", {
    table: board([Node.named(times(all, { by: factor }), "left"), Node.named(times(all, { by: 1 }), "right")]),
  })
}

const withFolder = <A, E>(
  use: (
    folder: string,
    call: (
      pipeline: Pipeline.Pipeline,
      ...args: ReadonlyArray<string>
    ) => Effect.Effect<{ readonly code: number; readonly out: string; readonly err: string }>,
  ) => Effect.Effect<A, E, FileSystem.FileSystem>,
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    return yield* use(
      folder,
      Effect.fnUntraced(function* (pipeline, ...args) {
        const [out, err] = [screen(), screen()]
        const code = yield* main(pipeline, [...args, "--cache", `${folder}/cache`]).pipe(
          Effect.matchEffect({ onFailure: ({ code }) => Effect.succeed(code), onSuccess: () => Effect.succeed(0) }),
          Effect.provide(Layer.mergeAll(NodeServices.layer, Layer.succeed(Output, Output.of({ out, err })))),
        )
        return { code, out: out.text(), err: err.text() }
      }),
    )
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("report", () => {
  it.live("writes one page with what was computed, and says where", () =>
    withFolder((folder, call) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* call(tiny(), "run")
        const { code, err, out } = yield* call(tiny(), "report", "-o", `${folder}/a/b`)
        expect([code, err]).toEqual([0, ""])
        expect(out).toMatch(/\/a\/b\/index\.html {2}\d+ kB\n$/)
        expect(yield* fs.readDirectory(`${folder}/a/b`)).toEqual(["index.html"])
        const { document } = parseHTML(yield* fs.readFileString(`${folder}/a/b/index.html`))
        expect(document.querySelector("h1")?.textContent).toBe("tiny <i>")
        expect(document.querySelector("#table-2 tbody")?.textContent).toContain("model 2")
        expect(document.querySelectorAll("#graph-figure svg").length).toBe(1)
        expect(document.querySelectorAll(".notice").length).toBe(0)
      }),
    ),
  )

  it.live("computes nothing, and says what to run", () =>
    withFolder((folder, call) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { code, err } = yield* call(tiny(), "report", "-o", folder)
        expect([code, err]).toEqual([0, "4 of 4 nodes are not fresh: `pipeline run`, then write the report again\n"])
        const { document } = parseHTML(yield* fs.readFileString(`${folder}/index.html`))
        expect(document.querySelector(".notice")?.textContent).toContain("pipeline run")
        expect(document.querySelector("#scores .missing")?.textContent).toContain("pipeline run 'table'")
        expect((yield* call(tiny(), "status")).out).toContain("4 nodes: 1 stale, 3 waiting")
      }),
    ),
  )

  it.live("shows the last run's figures where the pipeline has changed since", () =>
    withFolder((folder, call) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* call(tiny(), "run")
        const { err } = yield* call(tiny(2), "report", "-o", folder)
        expect(err).toContain("2 of 4 nodes are not fresh")
        const { document } = parseHTML(yield* fs.readFileString(`${folder}/index.html`))
        expect(document.querySelector("#table-2 .stale")?.textContent).toContain("from an earlier run")
        expect(document.querySelector("#table-2 tbody")?.textContent).toContain("27.5")
      }),
    ),
  )

  it.live("that cannot be written is an error with the file and a hint", () =>
    withFolder((folder, call) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(`${folder}/taken`, "")
        const { code, err } = yield* call(tiny(), "report", "-o", `${folder}/taken`)
        expect(code).toBe(2)
        expect(err).toContain("cannot write")
        expect(err).toContain("hint: name a file in a folder that you may write to")
      }),
    ),
  )
})

describe("show for a paper", () => {
  it.live("writes a leaderboard's tables in LaTeX and Markdown, and other tables row by row", () =>
    withFolder((folder, call) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* call(tiny(), "run")
        const { out } = yield* call(tiny(), "show", "table", "--format", "markdown")
        expect(out.split("\n")[2]).toBe("| Model | all |")
        yield* call(tiny(), "show", "table", "--format", "latex", "--output", `${folder}/t.tex`)
        expect(yield* fs.readFileString(`${folder}/t.tex`)).toContain("model 2 & \\textbf{55.0} \\\\")
        const rows = yield* call(tiny(), "show", "times(right)", "--format", "markdown", "--rows", "2")
        expect(rows.out.split("\n").slice(2)).toEqual([
          "| id | value |",
          "| :--- | ---: |",
          "| n1 | 1 |",
          "| n2 | 2 |",
          "",
        ])
      }),
    ),
  )
})
