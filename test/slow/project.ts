/** A project in a folder of its own, used from outside as its user does: files are edited, commands are typed. */
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { Line } from "../../src/report/Follower.ts"
import { RunRecord } from "../../src/store/RunRecord.ts"

const home = fileURLToPath(new URL("../../", import.meta.url))

/** A command that has ended. */
export interface Ended {
  readonly code: number | null
  readonly out: Buffer
  readonly err: string
  /** From the start of the process to its first words on standard output. */
  readonly firstLine: number
  /** From the start of the process to its end. */
  readonly seconds: number
}

/** What may be asked of a command beside its arguments. */
export interface Settings {
  /** The pipeline file, `pipeline.ts` where nothing is said. */
  readonly file?: string
  /** The folder of the store, `cache` where nothing is said. */
  readonly cache?: string
  /** Sends SIGINT once standard output has come to hold this. */
  readonly interruptAt?: string
}

/** A `run --json` that has ended. */
export interface Ran extends Omit<Ended, "out"> {
  readonly events: ReadonlyArray<Line>
  /** The last line as it was printed. */
  readonly lastLine: string
  /** Names of the nodes that were computed, in alphabetical order. */
  readonly executed: ReadonlyArray<string>
  /** Seconds between the signal and the end, where one was sent. */
  readonly afterSignal: number | undefined
}

/** A copy of the project, free to be edited. */
export interface Project {
  readonly folder: string
  readonly write: (file: string, content: string | Uint8Array) => void
  /** Replaces a text that must occur exactly once. */
  readonly edit: (file: string, before: string, after: string) => void
  readonly read: (file: string) => string
  /** Runs a script with Node.js in the project's folder and waits for its end. */
  readonly node: (script: string, args: ReadonlyArray<string>) => Promise<Ended>
  /** Types a command of the pipeline and waits for its end. */
  readonly command: (args: ReadonlyArray<string>, settings?: Settings) => Promise<Ended>
  /** Types `run --json` with more arguments and reads its events. */
  readonly run: (args?: ReadonlyArray<string>, settings?: Settings) => Promise<Ran>
  /** What the last run recorded in the store. */
  readonly lastRecord: (cache?: string) => RunRecord
  readonly remove: () => void
}

const LineJson = Schema.fromJsonString(Line)
const Enveloped = Schema.fromJsonString(Schema.Struct({ check: Schema.String, body: RunRecord }))

/** Copies the engine and the stages to a new folder, beside the packages installed here. */
export const makeProject = (): Project => {
  const folder = mkdtempSync(join(tmpdir(), "promises-"))
  for (const part of ["src", "stages", "package.json", "tsconfig.json"]) {
    cpSync(join(home, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(home, "node_modules"), join(folder, "node_modules"), "dir")
  const at = (file: string) => join(folder, file)
  const read = (file: string) => readFileSync(at(file), "utf8")
  const write = (file: string, content: string | Uint8Array) => {
    mkdirSync(dirname(at(file)), { recursive: true })
    writeFileSync(at(file), content)
  }

  const start = (args: ReadonlyArray<string>, settings: Settings = {}) =>
    new Promise<Ended & { readonly afterSignal: number | undefined }>((resolve, reject) => {
      const started = performance.now()
      const { FORCE_COLOR: _, ...env } = process.env
      const child = spawn(process.execPath, args, { cwd: folder, env: { ...env, NO_COLOR: "1" } })
      const out: Array<Buffer> = []
      let err = ""
      let text = ""
      let signalled: number | undefined
      let firstLine = Number.POSITIVE_INFINITY
      const elapsed = () => (performance.now() - started) / 1000
      child.stdout.on("data", (data: Buffer) => {
        firstLine = Math.min(firstLine, elapsed())
        out.push(data)
        if (settings.interruptAt === undefined || signalled !== undefined) return
        text += data.toString()
        if (!text.includes(settings.interruptAt)) return
        signalled = elapsed()
        child.kill("SIGINT")
      })
      child.stderr.on("data", (data: Buffer) => (err += data.toString()))
      child.on("error", reject)
      child.on("close", (code) => {
        const seconds = elapsed()
        const afterSignal = signalled === undefined ? undefined : seconds - signalled
        resolve({ code, out: Buffer.concat(out), err, firstLine, seconds, afterSignal })
      })
    })

  const pipeline = (args: ReadonlyArray<string>, settings: Settings) => {
    const { cache = "cache", file = "pipeline.ts" } = settings
    return start(["--import", "tsx", file, ...args, "--cache", cache], settings)
  }

  return {
    folder,
    node: (script, args) => start([script, ...args]),
    read,
    write,
    edit: (file, before, after) => {
      const text = read(file)
      if (text.split(before).length !== 2) throw new Error(`${file} does not hold this exactly once: ${before}`)
      write(
        file,
        text.replace(before, () => after),
      )
    },
    command: (args, settings = {}) => pipeline(args, settings),
    run: async (args = [], settings = {}) => {
      const { out, ...ended } = await pipeline(["run", "--json", ...args], settings)
      const lines = out.toString().trim().split("\n")
      const events = lines.filter((line) => line !== "").map((line) => Schema.decodeUnknownSync(LineJson)(line))
      const executed = events.flatMap((event) => (event.event === "finished" ? [event.node] : [])).sort()
      return { ...ended, events, executed, lastLine: lines.at(-1) ?? "" }
    },
    lastRecord: (cache = "cache") => {
      const runs = join(folder, cache, "runs")
      const last = readdirSync(runs).sort().at(-1) ?? ""
      return Schema.decodeUnknownSync(Enveloped)(readFileSync(join(runs, last), "utf8")).body
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
