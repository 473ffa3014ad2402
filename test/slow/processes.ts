/** Starts the pipeline of `fixtures/slowly.ts` in processes of its own, and looks at what they leave behind. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Hash from "../../src/hash/Hash.ts"
import { Action } from "../../src/store/Action.ts"

const script = join(import.meta.dirname, "../fixtures/slowly.ts")

export interface Place {
  readonly cache: string
  readonly log: string
  readonly file: string
}

/** A folder for a cache, a log and the input of 40 rows. */
export const place = (): Place => {
  const dir = mkdtempSync(join(tmpdir(), "rankshift-slowly-"))
  const file = join(dir, "ids")
  writeFileSync(file, Array.from({ length: 40 }, (_, i) => `r${i}\n`).join(""))
  writeFileSync(join(dir, "log"), "")
  return { cache: join(dir, "cache"), log: join(dir, "log"), file }
}

/** The same input with another cache and log. */
export const anew = (of: Place): Place => {
  const dir = mkdtempSync(join(tmpdir(), "rankshift-slowly-"))
  writeFileSync(join(dir, "log"), "")
  return { cache: join(dir, "cache"), log: join(dir, "log"), file: of.file }
}

export const remove = (of: Place) => rmSync(join(of.log, ".."), { recursive: true, force: true })

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
  /** Milliseconds from the first event, undefined where there was none. */
  readonly lasted: number | undefined
}

/** A process under way: `begun` resolves at its first event. */
export const start = ({ cache, file, log }: Place) => {
  const tsx = join(import.meta.dirname, "../../node_modules/tsx/dist/loader.mjs")
  const child: ChildProcess = spawn(process.execPath, ["--import", tsx, script, cache, log, file], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  let errors = ""
  let first: number | undefined
  const begun = new Promise<void>((resolve) => {
    child.stdout?.on("data", (data: Buffer) => {
      first ??= performance.now()
      output += data.toString()
      resolve()
    })
    child.on("exit", () => resolve())
    child.on("error", () => resolve())
  })
  child.stderr?.on("data", (data: Buffer) => (errors += data.toString()))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject)
    const late = setTimeout(() => {
      child.kill("SIGKILL")
      reject(new Error(`still running after a minute: ${output.slice(-2000)}${errors}`))
    }, 60_000)
    child.on("close", () => clearTimeout(late))
    child.on("close", (code, signal) => {
      resolve({ code, signal, output, errors, lasted: first === undefined ? undefined : performance.now() - first })
    })
  })
  return { child, begun, ended }
}

const filesIn = (dir: string): ReadonlyArray<string> => {
  mkdirSync(dir, { recursive: true })
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

const Envelope = Schema.fromJsonString(Schema.Struct({ body: Action }))

/** The artifacts of a cache by name, each with the hash of what is in it. */
export const artifacts = Effect.fnUntraced(function* ({ cache }: Place) {
  const found = new Map<string, string>()
  for (const file of filesIn(join(cache, "artifacts"))) {
    found.set(/([^/]*)\.arrow$/.exec(file)?.[1] ?? file, (yield* Hash.ofFile(file)).hash)
  }
  return found
})

// A copy that was broken off leaves files under names of its own.
const actionFiles = (cache: string) => filesIn(join(cache, "actions")).filter((file) => file.endsWith(".json"))

/** The actions of a cache, by key. */
export const actions = ({ cache }: Place): ReadonlyMap<string, Action> =>
  new Map(
    actionFiles(cache).map((file) => {
      const { body } = Schema.decodeUnknownSync(Envelope)(readFileSync(file, "utf8"))
      return [body.key, body] as const
    }),
  )

export const leftovers = ({ cache }: Place) => filesIn(join(cache, "tmp"))

/** Units that were begun, as they wrote it down. */
export const begunUnits = ({ log }: Place) =>
  readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "")

/** What was computed, key by key: which artifacts each action leads to. */
export const results = (of: Place) =>
  new Map(
    [...actions(of)].map(([key, { node, outputs }]) => [
      key,
      `${node}: ${outputs.map(({ skipped, table }) => [table.hash, skipped?.hash]).join(" ")}`,
    ]),
  )
