import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import type { Event } from "../run/Event.ts"
import type { Follower } from "./Follower.ts"

/** An entry of Chrome's Trace Event Format: `X` is a span of time, `M` names a lane. Times are microseconds. */
export type Entry =
  | {
      readonly ph: "X"
      readonly name: string
      readonly cat: string
      readonly pid: 1
      readonly tid: number
      readonly ts: number
      readonly dur: number
      readonly args: Readonly<Record<string, string | number | boolean>>
    }
  | {
      readonly ph: "M"
      readonly name: "thread_name"
      readonly pid: 1
      readonly tid: number
      readonly args: { readonly name: string }
    }

interface Open {
  readonly node: string
  readonly stage: string
  readonly lane: number
  readonly ts: number
  readonly reason: string
}

/** Which nodes are at work, and the lanes that have been named. */
export interface Trace {
  readonly lanes: ReadonlyArray<string>
  readonly open: ReadonlyArray<Open>
}

/** Before anything has started. */
export const empty: Trace = { lanes: [], open: [] }

const span = (open: Open, now: number, args: Readonly<Record<string, string | number | boolean>>): Entry => ({
  ph: "X",
  name: open.node,
  cat: open.stage,
  pid: 1,
  tid: open.lane + 1,
  ts: open.ts,
  dur: Math.max(0, now - open.ts),
  args: { reason: open.reason, ...args },
})

/**
 * The entries that an event adds; `now` is in microseconds since the run began.
 * Each stage has lanes of its own: as many as it has nodes at work at once.
 */
export const after = (self: Trace, event: Event, now: number): readonly [Trace, ReadonlyArray<Entry>] => {
  switch (event.event) {
    case "started": {
      const taken = new Set(self.open.map(({ lane }) => lane))
      const free = self.lanes.findIndex((stage, at) => stage === event.stage && !taken.has(at))
      const lane = free < 0 ? self.lanes.length : free
      const opened = { node: event.node, stage: event.stage, lane, ts: now, reason: event.reason }
      const open = [...self.open, opened]
      if (free >= 0) return [{ ...self, open }, []]
      const name: Entry = { ph: "M", name: "thread_name", pid: 1, tid: lane + 1, args: { name: event.stage } }
      return [{ lanes: [...self.lanes, event.stage], open }, [name]]
    }
    case "finished":
    case "failed": {
      const ended = self.open.find(({ node }) => node === event.node)
      if (ended === undefined) return [self, []]
      const args =
        event.event === "failed"
          ? { failed: event.message }
          : { rows: event.rows, bytes: event.bytes, executed: event.shards.executed, cached: event.shards.cached }
      return [{ ...self, open: self.open.filter((one) => one !== ended) }, [span(ended, now, args)]]
    }
    default:
      return [self, []]
  }
}

/** The entries of what was still at work when the run was broken off. */
export const brokenOff = (self: Trace, now: number): ReadonlyArray<Entry> =>
  self.open.map((open) => span(open, now, { interrupted: true }))

/**
 * Writes a run's trace to a file, as a JSON array that `chrome://tracing` and
 * Perfetto open. The array is closed with the scope, also when the run is interrupted.
 */
export const follower = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<Follower, PlatformError.PlatformError, FileSystem.FileSystem | Scope.Scope> {
  const fs = yield* FileSystem.FileSystem
  const file = yield* fs.open(path, { flag: "w" })
  const began = yield* Clock.currentTimeMillis
  const now = Effect.map(Clock.currentTimeMillis, (millis) => (millis - began) * 1000)
  let trace = empty
  let separator = "["
  // The trace accompanies the run: a full disk must not fail what the run itself has done.
  const write = (entries: ReadonlyArray<Entry>) => {
    const text = entries
      .map((entry) => {
        const line = `${separator}\n${JSON.stringify(entry)}`
        separator = ","
        return line
      })
      .join("")
    return text === "" ? Effect.void : Effect.ignore(file.writeAll(new TextEncoder().encode(text)))
  }
  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      yield* write(brokenOff(trace, yield* now))
      yield* Effect.ignore(file.writeAll(new TextEncoder().encode(separator === "[" ? "[]\n" : "\n]\n")))
    }),
  )
  return Effect.fnUntraced(function* (event: Event) {
    const [next, entries] = after(trace, event, yield* now)
    trace = next
    yield* write(entries)
  }, Effect.uninterruptible)
}, Effect.uninterruptible)
