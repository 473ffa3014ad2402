import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import {
  Blocked,
  Cached,
  type Event,
  Failed,
  Finished,
  Planned,
  Progressed,
  Started,
  Summary,
  Warned,
} from "../run/Event.ts"
import * as Live from "./live.ts"
import { type Channel, lines } from "./Output.ts"
import { after, lineOf, none, text } from "./progress.ts"
import { paint } from "./style.ts"

/** Renders events as they come, for as long as its scope is open. */
export type Follower = (event: Event) => Effect.Effect<void>

const { blocked: _, ...figures } = Summary.fields

/** A line of JSON: an event, and at the end a summary without blocked nodes, as each of them has an event of its own. */
export const Line = Schema.Union([
  Planned,
  Started,
  Progressed,
  Finished,
  Cached,
  Failed,
  Blocked,
  Warned,
  Schema.Struct(figures),
])
export type Line = typeof Line.Type

const encode = Schema.encodeSync(Line)

/** One event a line, as JSON. */
export const json =
  (channel: Channel): Follower =>
  (event) =>
    channel.write(`${JSON.stringify(encode(event))}\n`)

/** A warning as a line. */
const warning = (event: Extract<Event, { event: "warned" }>): string =>
  `warning: ${event.message}${event.file === undefined ? "" : ` (${event.file})`}`

/** Between two lines about one stage pass at least so many milliseconds, unless it is over. */
const pause = 5_000

/** Plain lines, where nobody watches: a stage's line when one of its nodes is done, now and then, and when all are. */
export const plain = (channel: Channel): Effect.Effect<Follower> =>
  Effect.sync(() => {
    let progress = none
    const said = new Map<string, { readonly at: number; readonly text: string }>()
    const say = (stages: ReadonlyArray<string>, now: number, last: boolean) =>
      lines(
        channel,
        progress.stages.flatMap((stage) => {
          const line = lineOf(stage, now)
          const before = said.get(stage.stage)
          const due =
            last || (line.phase === "done" && stage.planned.nodes > 0) || now - (before?.at ?? -pause) >= pause
          const words = text(line)
          if (!stages.includes(stage.stage) || !due || line.phase === "ahead" || words === before?.text) return []
          said.set(stage.stage, { at: now, text: words })
          return [words]
        }),
      )
    return Effect.fnUntraced(function* (event: Event) {
      const now = yield* Clock.currentTimeMillis
      progress = after(progress, event, now)
      switch (event.event) {
        case "warned":
          return yield* lines(channel, [warning(event)])
        case "progress":
        case "finished":
        case "failed":
          return yield* say([event.stage], now, false)
        case "summary":
          return event.executed + event.failed === 0
            ? undefined
            : yield* say(
                progress.stages.map(({ stage }) => stage),
                now,
                true,
              )
      }
    })
  })

/** How often the lines are drawn again, in milliseconds. */
const beat = 100

/** One line a stage, redrawn in place. They are drawn once more and left standing when the scope closes. */
export const live = Effect.fnUntraced(function* (channel: Channel): Effect.fn.Return<Follower, never, Scope.Scope> {
  let progress = none
  let drawn: ReadonlyArray<string> = []
  let working = false
  const pen = yield* Semaphore.make(1)
  const draw = Effect.fnUntraced(function* (above: ReadonlyArray<string>) {
    const style = yield* channel.style
    const now = yield* Clock.currentTimeMillis
    const frame = Live.frame(progress, now, style)
    if (above.length === 0 && frame.length === drawn.length && frame.every((line, at) => line === drawn[at])) return
    const escape = Live.redraw(drawn.length, above, frame)
    drawn = frame
    yield* channel.write(escape)
  }, pen.withPermits(1))
  yield* Effect.addFinalizer(() => (working ? draw([]) : Effect.void))
  yield* Effect.suspend(() => (working ? draw([]) : Effect.void)).pipe(
    Effect.delay(beat),
    Effect.forever,
    Effect.forkScoped,
  )
  return Effect.fnUntraced(function* (event: Event) {
    progress = after(progress, event, yield* Clock.currentTimeMillis)
    if (event.event === "started") working = true
    if (event.event === "warned") yield* draw([paint(yield* channel.style, "attention", warning(event))])
  })
})
