/** A run that is told to end: by Ctrl-C, by `kill`, by a terminal that closes; alone or through npm, while native code computes. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { cpSync, existsSync, readdirSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeProject, type Project } from "./project.ts"

/** One node is done at once, one computes in native code for half a minute, one cannot be interrupted for as long. */
const pipeline = `import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Pipeline, Stage, Table } from "./src/index.ts"
import * as Graph from "./src/onnx/Graph.ts"
import * as Session from "./src/onnx/Session.ts"
import * as Tensor from "./src/onnx/Tensor.ts"

const Number = Table.whole("number", { value: "float64" })
const shared = { module: import.meta, version: "1", inputs: { number: Stage.optional(Number) }, output: Number }
const given = { value: Float64Array.of(1) }

const quick = Stage.whole("quick", { ...shared, params: Schema.Struct({}), run: () => Effect.succeed(given) })
const native = Stage.whole("native", {
  ...shared,
  params: Schema.Struct({}),
  run: () =>
    Effect.gen(function* () {
      const n = 3000
      const g = Graph.make("native")
      const x = g.input("x", "float32", [n, n])
      let y = x
      for (let i = 0; i < 150; i++) y = g.op("MatMul", [y, x])
      g.output("y", g.op("ReduceSum", [y]), "float32", [1, 1])
      const session = yield* Session.open(yield* g.bytes, { threads: 2 })
      process.stderr.write("at work\\n")
      yield* session.run({ x: Tensor.float32([n, n], new Float32Array(n * n)) }, { y: "float32" })
      process.stderr.write("it came to its end\\n")
      return given
    }),
})
const stubborn = Stage.whole("stubborn", {
  ...shared,
  params: Schema.Struct({}),
  run: () =>
    Effect.gen(function* () {
      process.stderr.write("at work\\n")
      yield* Effect.uninterruptible(Effect.sleep("30 seconds"))
      return given
    }),
})
const first = quick({})

export default Pipeline.main(import.meta, "signals", { native: native({ number: first }), stubborn: stubborn({ number: first }) })
`

let project: Project
beforeAll(() => {
  project = makeProject()
  project.write("pipeline.ts", pipeline)
  cpSync(fileURLToPath(new URL("../../bin", import.meta.url)), join(project.folder, "bin"), { recursive: true })
})
afterAll(() => project?.remove())

interface Told {
  readonly code: number | null
  readonly err: string
  /** Seconds from the first signal to the end of the process that was started. */
  readonly after: number
  /** What is left of the processes that it had started. */
  readonly left: boolean
}

const isThere = (target: number): boolean => {
  try {
    process.kill(target, 0)
    return true
  } catch {
    return false
  }
}

/** Starts a command in a group of its own, lets it get to work, then does to it what `tell` does. */
const during = async (
  command: string,
  args: ReadonlyArray<string>,
  tell: (child: ChildProcess & { readonly pid: number }) => Promise<void> | void,
): Promise<Told> => {
  const { FORCE_COLOR: _, ...env } = process.env
  const child = spawn(command, args, {
    cwd: project.folder,
    env: { ...env, NO_COLOR: "1" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  })
  let err = ""
  const { pid } = child
  if (pid === undefined) throw new Error(`cannot start ${command}`)
  // As a shell says it: npm ends by the signal itself.
  const ended = new Promise<number | null>((resolve) =>
    child.on("close", (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal])),
  )
  try {
    await new Promise<void>((resolve, reject) => {
      child.stderr.on("data", (data: Buffer) => {
        err += data.toString()
        if (err.includes("at work")) resolve()
      })
      child.on("close", () => reject(new Error(`it ended before it was at work: ${err}`)))
    })
    // The thread has the model now, or has it in a moment.
    await wait(700)
    const told = performance.now()
    await tell(Object.assign(child, { pid }))
    const code = await ended
    const after = (performance.now() - told) / 1000
    // A shell or npm may end before what it has started.
    for (let n = 0; n < 20 && isThere(-pid); n++) await wait(100)
    return { code, err, after, left: isThere(-pid) }
  } finally {
    if (isThere(-pid)) process.kill(-pid, "SIGKILL")
  }
}

const run = (cache: string, ...more: ReadonlyArray<string>) => ["run", ...more, "--cache", cache]
const node = (args: ReadonlyArray<string>) => ["--import", "tsx", "pipeline.ts", ...args]
const filesIn = (...path: ReadonlyArray<string>) => {
  const folder = join(project.folder, ...path)
  return existsSync(folder) ? readdirSync(folder, { recursive: true }) : []
}

const signals = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const

describe("while native code computes", () => {
  it.each(signals)("%s ends the run within 5 s, tidied up, and the exit code is %i", async (signal, code) => {
    const cache = `cache-${signal}`
    const told = await during(process.execPath, node(run(cache, "native")), (child) => void child.kill(signal))
    console.log(`${signal}: exit after ${told.after.toFixed(2)} s`)
    expect(told).toMatchObject({ code, left: false })
    expect(told.after).toBeLessThan(5)
    expect(told.err).toContain("interrupted; what was finished is kept, run again to go on")
    expect(told.err).not.toContain("it came to its end")
    expect([filesIn(cache, "tmp"), filesIn(cache, "live")]).toEqual([[], []])
    // What it did is remembered, and what it had finished is there.
    expect(project.lastRecord(cache).nodes["quick"]?.state).toBe("executed")
    const next = await project.command(["run", "quick"], { cache })
    expect([next.code, next.out.toString()]).toEqual([0, expect.stringContaining("nothing to do")])
    expect((await project.command(["verify"], { cache })).code).toBe(0)
  })
})

describe("work that does not end when it should", () => {
  it("is ended within 5 s", async () => {
    const cache = "cache-stubborn"
    const told = await during(process.execPath, node(run(cache, "stubborn")), (child) => void child.kill("SIGINT"))
    console.log(`stubborn: exit after ${told.after.toFixed(2)} s`)
    expect(told).toMatchObject({ code: 130, left: false })
    expect(told.after).toBeLessThan(5)
    expect(told.err).toContain("ended before all was tidied up; what was finished is kept, run again to go on")
    expect((await project.command(["run", "quick"], { cache })).out.toString()).toContain("nothing to do")
    expect(filesIn(cache, "live")).toEqual([])
  })

  it("is ended at once by a second Ctrl-C, but not by one that comes twice", async () => {
    const times: Array<number> = []
    const told = await during(process.execPath, node(run("cache-twice", "stubborn")), async (child) => {
      child.kill("SIGINT")
      await wait(100)
      child.kill("SIGINT")
      await wait(900)
      times.push(Number(isThere(child.pid)), performance.now())
      child.kill("SIGINT")
    })
    expect(told).toMatchObject({ code: 130, left: false })
    expect(times[0]).toBe(1)
    expect(told.after).toBeLessThan(2.5)
    expect(told.err).toContain("ended at once; what was finished is kept, run again to go on")
  })
})

const hasNpm = spawnSync("npx", ["--version"]).status === 0

describe.skipIf(!hasNpm)("through npm", () => {
  it.each([
    ["npx tsx pipeline.ts run", "npx", ["tsx", "pipeline.ts", ...run("cache-npx", "native")]],
    ["npm start", "npm", ["start", "--", "native", "--cache", "cache-start"]],
  ] as const)("%s: Ctrl-C on the terminal reaches every process, and all end within 5 s", async (_, command, args) => {
    const told = await during(command, args, (child) => void process.kill(-child.pid, "SIGINT"))
    console.log(`${command}: exit after ${told.after.toFixed(2)} s`)
    expect(told).toMatchObject({ code: 130, left: false })
    expect(told.after).toBeLessThan(5)
    expect(told.err).toContain("interrupted; what was finished is kept, run again to go on")
  })
})

/** A Node.js too old for pipelines, which hands the command on to the one that is installed with them. */
const old = "/usr/bin/node"
const isOld = existsSync(old) && /^v(18|20)\./.test(spawnSync(old, ["--version"], { encoding: "utf8" }).stdout)

describe("through a program that passes signals on", () => {
  const tsx = join("node_modules", "tsx", "dist", "cli.mjs")
  const ways: ReadonlyArray<readonly [name: string, command: string, args: ReadonlyArray<string>]> = [
    ["tsx", process.execPath, [tsx, "pipeline.ts", ...run("cache-tsx", "native")]],
    ...(isOld ? [["pipeline", old, [join("bin", "pipeline.js"), ...run("cache-bin", "native")]] as const] : []),
  ]

  it.each(ways)("%s: SIGTERM ends what it has started", async (name, command, args) => {
    const told = await during(command, args, (child) => void child.kill("SIGTERM"))
    console.log(`${name}: exit after ${told.after.toFixed(2)} s`)
    expect(told).toMatchObject({ code: 143, left: false })
    expect(told.after).toBeLessThan(5)
    expect(told.err).toContain("interrupted; what was finished is kept, run again to go on")
  })
})
