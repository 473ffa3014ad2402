/** The tiny pipeline as a process of its own. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** A command that may still be running. */
export interface Spawned {
  readonly out: () => string
  readonly err: () => string
  /** Waits until standard error matches, and gives the first group. */
  readonly told: (pattern: RegExp) => Promise<string>
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<number | null>
}

/** Starts a command on the tiny pipeline. */
export const start = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Spawned => {
  const { FORCE_COLOR: _, ...rest } = process.env
  const child = spawn(process.execPath, ["--import", "tsx", here("tiny/pipeline.ts"), ...args], {
    cwd: here("."),
    env: { ...rest, ...env },
  })
  let [out, err] = ["", ""]
  const waiting = new Set<() => void>()
  child.stdout.on("data", (data: Buffer) => (out += data.toString()))
  child.stderr.on("data", (data: Buffer) => {
    err += data.toString()
    for (const look of waiting) look()
  })
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  return {
    out: () => out,
    err: () => err,
    ended,
    kill: (signal) => child.kill(signal),
    told: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(err)
          if (found === null) return
          waiting.delete(look)
          resolve(found[1] ?? found[0])
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`ended without ${pattern.source}: ${err}`)))
      }),
  }
}

/** Where a run's page is, in what it has written to standard error. */
export const address = /watch the run at (http:\S+)/
