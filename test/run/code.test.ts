/** Changes to the code of stages, in real modules that a process of its own loads. */
import { spawnSync } from "node:child_process"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Event } from "../../src/run/Event.ts"
import { folder, nodesOf, only, summaryOf } from "./engine.ts"

const packages = join(import.meta.dirname, "../../node_modules")
const source = join(import.meta.dirname, "../../src")
const from = (file: string) => JSON.stringify(join(source, file))

const stage = (name: string, helper: string, imports = "") => `
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stage from ${from("dsl/Stage.ts")}
import { Sum } from "./tables.ts"
import { ${helper} } from "./helpers.ts"
${imports}
/** Adds something up. */
export const ${name} = Stage.whole("${name}", {
  module: import.meta,
  params: Schema.Struct({ from: Schema.Int }),
  inputs: { sum: Stage.optional(Sum) },
  output: Sum,
  run: ({ sum }, { from }) =>
    Effect.map(sum === undefined ? Effect.succeed({ value: [from] }) : sum.all, ({ value }) => ({
      value: Float64Array.of(${helper}(value[0] ?? 0)),
    })),
})
`

const files: Readonly<Record<string, string>> = {
  "package.json": `{ "type": "module" }`,
  "node_modules/pack/package.json": `{ "name": "pack", "version": "1.0.0", "type": "module", "exports": "./index.js" }`,
  "node_modules/pack/index.js": "export const pack = (x) => x",
  "tables.ts": `
import * as Table from ${from("arrow/Table.ts")}
export const Sum = /* @__PURE__ */ Table.whole("sum", { value: "float64" })`,
  "helpers.ts": `
export const double = (x: number) => 2 * x
export const half = (x: number) => Math.floor(x / 2)`,
  "doubled.ts": stage("doubled", "double"),
  "halved.ts": stage("halved", "half", `import { pack } from "pack"\nexport const packed = pack`),
  "main.ts": `
import { dirname } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { make } from ${from("dsl/Pipeline.ts")}
import { layer } from ${from("run/Engine.ts")}
import { run } from ${from("run/Run.ts")}
import { doubled } from "./doubled.ts"
import { halved } from "./halved.ts"
const first = doubled({}, { from: 3 })
const pipeline = make(import.meta, "code", { last: doubled(halved(first, { from: 0 }), { from: 0 }), other: halved({}, { from: 9 }) })
const options = { targets: [], force: [], keepGoing: false, jobs: 2, pixelBudget: 0 }
const engine = layer({ cache: "cache", directory: dirname(process.cwd()) })
const program = Stream.runForEach(run(pipeline, options), (event) => Effect.sync(() => console.log(JSON.stringify(event))))
await Effect.runPromise(program.pipe(Effect.provide(engine), Effect.provide([NodeFileSystem.layer, NodePath.layer])))`,
}

const Line = Schema.fromJsonString(Event)

const project = Effect.gen(function* () {
  const dir = yield* folder
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  for (const name of ["effect", "@effect"]) symlinkSync(join(packages, name), join(dir, "node_modules", name))
  const run = Effect.sync(() => {
    const tsx = join(packages, "tsx/dist/loader.mjs")
    const { status, stderr, stdout } = spawnSync(process.execPath, ["--import", tsx, "main.ts"], {
      cwd: dir,
      encoding: "utf8",
    })
    expect(stderr).toBe("")
    expect(status).toBe(0)
    return stdout
      .trim()
      .split("\n")
      .map((line) => Schema.decodeUnknownSync(Line)(line))
  })
  const change = (name: string, of: (text: string) => string) => write(name, of(files[name] ?? ""))
  return { change, run }
})

it.live("a change of code is followed by what uses it, and by no more", () =>
  Effect.gen(function* () {
    const { change, run } = yield* project
    expect(summaryOf(yield* run)).toMatchObject({ nodes: 4, executed: 4 })
    expect(summaryOf(yield* run)).toMatchObject({ executed: 0, cached: 4 })

    change("doubled.ts", (text) => `// A comment.\n${text.replaceAll("  ", "\t")}\nexport type Nothing = never`)
    change("helpers.ts", (text) => `${text}\nexport const unused = (x: number) => x ** 2`)
    expect(summaryOf(yield* run)).toMatchObject({ executed: 0, cached: 4 })

    // 2 * x + 0: other code, the same numbers.
    change("helpers.ts", (text) => text.replace("2 * x", "2 * x + 0"))
    const same = yield* run
    expect(only(same, "started").map(({ node, reason }) => [node, reason])).toEqual([
      ["doubled(from=3)", "code of doubled changed"],
      ["doubled(from=0)", "code of doubled changed"],
    ])
    expect(only(same, "finished").every(({ changed }) => !changed)).toBe(true)

    change("helpers.ts", (text) => text.replace("2 * x", "20 * x"))
    expect(nodesOf(yield* run, "finished")).toEqual(["doubled(from=0)", "doubled(from=3)", "halved(from=0)"])

    change("node_modules/pack/package.json", (text) => text.replace("1.0.0", "1.0.1"))
    expect(only(yield* run, "started").map(({ node, reason }) => [node, reason])).toEqual([
      ["halved(from=0)", "package pack 1.0.0 -> 1.0.1"],
      ["halved(from=9)", "package pack 1.0.0 -> 1.0.1"],
    ])
  }),
)
