/** A process that carries out commands of the soak's pipeline, and can be killed. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { join } from "node:path"

const Answer = Schema.fromJsonString(Schema.Struct({ code: Schema.Int, out: Schema.String, err: Schema.String }))

/** What came of a command. */
export type Answer = typeof Answer.Type

/** How a process has ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly err: string
}

/** A process and what it does. */
export interface Worker {
  readonly child: ChildProcess
  /** Types a command. Gives nothing where the process ends first. */
  readonly call: (args: ReadonlyArray<string>, ahead?: number) => Promise<Answer | undefined>
  readonly ended: Promise<Ended>
}

/** A command that takes longer than this hangs. */
const patience = 60_000

/** Starts a process in the folder of the pipeline. */
export const startWorker = (folder: string): Worker => {
  const { FORCE_COLOR: _, ...env } = process.env
  const child = spawn(process.execPath, ["--import", "tsx", join(folder, "worker.ts"), "serve"], {
    cwd: folder,
    env: { ...env, NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  })
  let [out, err] = ["", ""]
  let waiting: ((answer: Answer | undefined) => void) | undefined
  // A command for a process that is dead already.
  child.stdin.on("error", () => {})
  child.stderr.on("data", (data: Buffer) => (err += data.toString()))
  child.stdout.setEncoding("utf8")
  child.stdout.on("data", (data: string) => {
    out += data
    const end = out.indexOf("\n")
    if (end < 0) return
    const line = out.slice(0, end)
    out = out.slice(end + 1)
    const answer = Schema.decodeUnknownOption(Answer)(line)
    waiting?.(Option.getOrElse(answer, () => ({ code: -1, out: line, err: "this is no answer" })))
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => {
      waiting?.(undefined)
      resolve({ code, signal, err })
    })
  })
  return {
    child,
    ended,
    call: (args, ahead = 0) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          child.kill("SIGKILL")
          reject(new Error(`no answer to ${args.join(" ")} within a minute: ${err.slice(-2000)}`))
        }, patience)
        waiting = (answer) => {
          clearTimeout(late)
          waiting = undefined
          resolve(answer)
        }
        if (child.exitCode !== null || child.signalCode !== null) return waiting(undefined)
        child.stdin.write(`${JSON.stringify({ args, ahead })}\n`)
      }),
  }
}
