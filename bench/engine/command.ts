import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"

/** A command that has ended. */
export interface Ended {
  readonly seconds: number
  readonly out: string
}

/** Runs a command and waits. Throws where it fails, with what it said. */
export const run = (
  folder: string,
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
): Ended => {
  const started = performance.now()
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", ...env },
    encoding: "utf8",
    maxBuffer: 1e9,
  })
  const seconds = (performance.now() - started) / 1000
  if (error !== undefined) throw error
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${stderr.slice(-2000)}${stdout.slice(-500)}`)
  return { seconds, out: stdout + stderr }
}

/** Whether a command can be run here. */
export const has = (command: string, args: ReadonlyArray<string> = ["--version"]): boolean => {
  const { error, status } = spawnSync(command, args)
  return error === undefined && status === 0
}

/** Removes a folder with all that is in it. */
export const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** The middle of some numbers. */
export const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** How many nodes a `run --json` computed, as its last line says. */
export const executed = (out: string): number => {
  const line = out.split("\n").findLast((text) => text.includes(`"event":"summary"`)) ?? ""
  return Number(/"executed":(\d+)/.exec(line)?.[1])
}
