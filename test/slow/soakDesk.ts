/** What the soak's acts share: the cache under way, the processes that work on it, and what is expected of them. */
import * as Schema from "effect/Schema"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import { Line } from "../../src/report/Follower.ts"
import type { Random } from "../../stages/random.ts"
import { actions } from "./processes.ts"
import type { Row, World } from "./soakWorld.ts"
import { type Answer, startWorker, type Worker } from "./soakWorker.ts"

const Events = Schema.Array(Schema.fromJsonString(Line))
const Rows = Schema.fromJsonString(Schema.Array(Schema.Struct({ value: Schema.Finite, rows: Schema.Finite })))

/** Milliseconds. */
export const hour = 3_600_000
const day = 24 * hour

/** Something that may happen, with how often it does. What it returns is written down. */
export interface Act {
  readonly name: string
  readonly weight: number
  readonly act: () => Promise<string> | string
}

/** All files below a folder. */
export const filesIn = (folder: string): ReadonlyArray<string> =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : []

/** How things stand. */
export interface State {
  cache: string
  /** How many caches there have been before. */
  caches: number
  /** How many names of runs were given. */
  pins: number
  /** Nothing has changed since a run of all targets. */
  settled: boolean
  /** A file of the cache may be bad: the next verify may say so, and whoever reads it. */
  dirty: boolean
}

/** The workplace of the acts. */
export const makeDesk = (world: World, random: Random) => {
  const state: State = { cache: join(world.folder, "cache0"), caches: 0, pins: 0, settled: false, dirty: false }
  const count = { runs: 0, killed: 0, interrupted: 0, corrupted: 0, mended: 0, fresh: 0, failed: 0 }
  const workers: Array<Worker> = []

  const at = (...path: ReadonlyArray<string>) => join(state.cache, ...path)
  const pick = <A>(from: ReadonlyArray<A>): A => {
    const found = from[random.below(from.length)]
    if (found === undefined) throw new Error("there is nothing to choose from")
    return found
  }
  const changed = () => void (state.settled = false)
  const worker = (n = 0): Worker => (workers[n] ??= startWorker(world.folder))
  /** Code is loaded anew. */
  const restart = () => {
    for (const { child } of workers.splice(0)) child.kill("SIGKILL")
  }
  const call = async (args: ReadonlyArray<string>, ahead = 0, n = 0): Promise<Answer> => {
    const answer = await worker(n).call([...args, "--cache", state.cache], ahead)
    if (answer === undefined) throw new Error(`the process ended: ${JSON.stringify(await worker(n).ended)}`)
    return answer
  }
  const good = async (args: ReadonlyArray<string>, ahead = 0, n = 0): Promise<Answer> => {
    const answer = await call(args, ahead, n)
    // What went wrong in a run is among its events.
    const wrong = answer.code === 0 ? [] : answer.out.split("\n").filter((line) => line.includes('"failed"'))
    expect([args.join(" "), answer.code, answer.err, wrong]).toEqual([args.join(" "), 0, expect.any(String), []])
    return answer
  }
  const eventsOf = ({ out }: Answer) => Schema.decodeUnknownSync(Events)(out.split("\n").filter((line) => line !== ""))
  const executedBy = (answer: Answer) =>
    eventsOf(answer).flatMap((event) => (event.event === "finished" ? [event.node] : []))

  const sometimes = () => [
    ...(random.chance(0.3) ? ["--jobs", pick(["1", "2", "5"])] : []),
    ...(random.chance(0.4) ? ["--pixel-budget", pick(["0", "1200", "1GB"])] : []),
  ]
  // Clocks are set forward and back.
  const anyTime = () => (random.chance(0.15) ? pick([-10 * day, -hour, hour, 10 * day]) : 0)

  /** What a target holds. A damaged artifact is found when it is read: then the next run mends it. */
  const rowsOf = async (target: string): Promise<ReadonlyArray<Row>> => {
    for (let tries = 0; ; tries++) {
      const shown = await call(["show", target, "--format", "json"])
      if (shown.code === 0) return Schema.decodeUnknownSync(Rows)(shown.out)
      if (!state.dirty || tries > 3) throw new Error(`cannot show ${target}: ${shown.err}`)
      expect(shown.err).toMatch(/damaged and has been set aside|is missing|run again|run it first/i)
      count.mended++
      await good(["run", "--json"])
    }
  }

  const settle = async () => {
    const before = state.settled
    const ran = await good(["run", "--json", ...sometimes()], anyTime())
    count.runs++
    if (before && !state.dirty) {
      count.fresh++
      expect(executedBy(ran)).toEqual([])
    }
    expect(await rowsOf("table")).toEqual(world.table())
    state.settled = true
  }

  return {
    world,
    random,
    state,
    count,
    at,
    pick,
    changed,
    worker,
    restart,
    call,
    good,
    eventsOf,
    sometimes,
    anyTime,
    rowsOf,
    settle,
    /** All processes, which are taken off the list. */
    dismiss: () => workers.splice(0),
    /** The first process is dead: the next command starts another. */
    forget: () => void workers.splice(0, 1),
    known: () => actions({ cache: state.cache, log: "", file: "" }),
  }
}

export type Desk = ReturnType<typeof makeDesk>
