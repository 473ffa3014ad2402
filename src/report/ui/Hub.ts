import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Event } from "../../run/Event.ts"
import type { Follower } from "../Follower.ts"
import type { Picture, PictureNode } from "../picture/Picture.ts"
import * as Progress from "../progress.ts"
import { Course } from "./Course.ts"
import type { LogLine, Memory, Message, Trouble } from "./Message.ts"
import { lineOf, nodeAfter, stageOf } from "./telling.ts"

/** A thing with the count at which it last changed. */
interface Dated<A> {
  readonly revision: number
  readonly value: A
}

/** Gathers what a run says and tells those who watch what they have not heard yet. */
export interface Hub {
  readonly follower: Follower
  /** All that is new since that revision; with 0 all there is to know. */
  readonly since: (revision: number) => Effect.Effect<Message>
  /**
   * Message after message for one who watches, the last when the run is over.
   * Nothing is kept for a slow one but its revision: what happens meanwhile
   * comes in one message.
   */
  readonly watch: (revision: number) => Stream.Stream<Message>
  /** Says that the run is over, where it has not said so itself, and waits until all who watch have heard it. */
  readonly close: Effect.Effect<void>
}

/** Older lines of the log are forgotten. */
const remembered = 500
/** Between two messages passes at least so much time. */
const pause = "200 millis"
/** How often memory is measured. */
const pulse = "1 second"
/** Troubles of a pipeline of thousands of nodes would fill the page. */
const listed = 200

/** A hub for a run of what the picture shows. Measures memory for as long as its scope is open. */
export const make = Effect.fnUntraced(function* (
  picture: Picture,
  memory: () => number = () => process.memoryUsage.rss(),
): Effect.fn.Return<Hub, never, Scope.Scope> {
  const began = yield* Clock.currentTimeMillis
  const at = new Map(picture.nodes.map(({ name }, index) => [name, index]))
  const nodes = new Map<number, Dated<PictureNode>>()
  const stages = new Map<string, number>()
  const course = new Course()
  const bell = yield* PubSub.sliding<void>(1)
  const end = yield* Deferred.make<void>()
  let log: ReadonlyArray<Dated<LogLine>> = []
  let troubles: ReadonlyArray<Dated<Trouble>> = []
  let progress = Progress.none
  let [revision, measured, watching] = [0, 0, 0]
  let over: Dated<string> | undefined

  const say = (line: LogLine) => {
    log = [...log.slice(1 - remembered), { revision, value: line }]
  }

  const follower = Effect.fnUntraced(function* (event: Event) {
    const now = yield* Clock.currentTimeMillis
    revision++
    progress = Progress.after(progress, event, now)
    if (event.event === "planned") for (const { stage } of progress.stages) stages.set(stage, revision)
    if ("node" in event) {
      stages.set(event.stage, revision)
      const index = at.get(event.node) ?? -1
      const [first, node] = [picture.nodes[index], nodes.get(index)?.value ?? picture.nodes[index]]
      if (first !== undefined && node !== undefined) {
        nodes.set(index, { revision, value: nodeAfter(node, event, first.figures) })
      }
    }
    if (event.event === "failed" && troubles.length < listed) {
      const { file, hint, message, node } = event
      const more = { ...(file === undefined ? {} : { file }), ...(hint === undefined ? {} : { hint }) }
      troubles = [...troubles, { revision, value: { node, message, ...more } }]
    }
    const line = lineOf(event)
    if (line !== undefined) say({ at: (now - began) / 1000, ...line })
    if (event.event === "summary") over = { revision, value: line?.text ?? "" }
    if (over !== undefined) yield* Deferred.succeed(end, undefined)
    yield* PubSub.publish(bell, undefined)
  })

  const measure = Effect.suspend(() => {
    course.add(memory())
    measured = ++revision
    return PubSub.publish(bell, undefined)
  })
  yield* measure.pipe(Effect.andThen(Effect.sleep(pulse)), Effect.forever, Effect.forkScoped)

  const since = Effect.fnUntraced(function* (last: number) {
    const now = yield* Clock.currentTimeMillis
    const fresh = <A>(all: ReadonlyArray<Dated<A>>) =>
      all.filter((one) => one.revision > last).map(({ value }) => value)
    const state: Memory = course.state
    return {
      revision,
      elapsed: (now - began) / 1000,
      nodes: [...nodes]
        .filter(([, node]) => node.revision > last)
        .map(([index, { value }]) => {
          const { figures, mark, reason, shards } = value
          return [index, { mark, reason, figures, ...(shards === undefined ? {} : { shards }) }] as const
        }),
      // Those at work change without an event, too: time passes.
      stages: progress.stages
        .filter((stage) => stage.running.size > 0 || (stages.get(stage.stage) ?? 0) > last)
        .map((stage) => stageOf(stage, now)),
      order: progress.stages.map(({ stage }) => stage),
      log: fresh(log),
      troubles: fresh(troubles),
      memory: measured > last ? state : undefined,
      over: over?.value,
    }
  })

  const watch = (from: number): Stream.Stream<Message> =>
    Stream.unwrap(
      Effect.gen(function* () {
        yield* Effect.acquireRelease(
          Effect.sync(() => watching++),
          () => Effect.sync(() => watching--),
        )
        const subscription = yield* PubSub.subscribe(bell)
        const news = Effect.andThen(PubSub.take(subscription), Effect.sleep(pause))
        const start = { last: from > revision ? 0 : from, first: true, ended: false }
        return Stream.unfold(
          start,
          Effect.fnUntraced(function* ({ ended, first, last }) {
            if (ended) return undefined
            if (!first) yield* Effect.raceFirst(news, Deferred.await(end))
            const message = yield* since(last)
            return [message, { last: message.revision, first: false, ended: message.over !== undefined }] as const
          }),
        )
      }),
    ).pipe(Stream.scoped)

  const close = Effect.gen(function* () {
    over ??= { revision: ++revision, value: "stopped before its end" }
    yield* Deferred.succeed(end, undefined)
    yield* Effect.sleep("20 millis").pipe(
      Effect.repeat({ while: () => watching > 0 }),
      Effect.when(Effect.sync(() => watching > 0)),
    )
  })
  return { follower, since, watch, close }
})
