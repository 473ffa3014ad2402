import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { collected } from "../report/disk.ts"
import { lines, Output } from "../report/Output.ts"
import * as Layout from "../store/Layout.ts"
import { cacheOf, parseAge, parseBytes, withEngine } from "./options.ts"

const flags = {
  keepRuns: Flag.Int("keep-runs").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Keep what the last N runs of each pipeline used (default: 3)"),
    Flag.filter(
      (runs) => runs >= 0,
      () => "Expected a number from 0 on",
    ),
    Flag.withDefault(3),
  ),
  olderThan: Flag.String("older-than").pipe(
    Flag.withMetavar("AGE"),
    Flag.withDescription("Collect only what was computed longer ago, e.g. 30d, 12h, 2w"),
    Flag.filterMap(parseAge, (text) => `Expected an age such as 30d, not ${text}`),
    Flag.optional,
  ),
  maxSize: Flag.String("max-size").pipe(
    Flag.withMetavar("SIZE"),
    Flag.withDescription("Collect no more than it takes to come down to this size, e.g. 50GB: pixels, then the oldest"),
    Flag.filterMap(parseBytes, (text) => `Expected a size such as 50GB, not ${text}`),
    Flag.optional,
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Say what would be freed, and remove nothing"),
    Flag.withDefault(false),
  ),
}

/** Milliseconds. Whoever writes to the store says so; this is for clocks that are set back and copies under way. */
const grace = 10 * 60_000
/** Runs in which plans look for what has changed: their records stay. */
const remembered = 20

/** `gc`: removes what neither the pipeline nor its last runs need. */
export const gc = (pipeline: Pipeline) =>
  Command.make(
    "gc",
    flags,
    Effect.fn("gc")(function* ({ dryRun, keepRuns, maxSize, olderThan }) {
      const { out } = yield* Output
      const layout = Layout.make(yield* cacheOf(pipeline))
      const { roots } = yield* Effect.promise(() => import("../plan/Roots.ts"))
      const { mark } = yield* Effect.promise(() => import("../store/mark.ts"))
      const { sweep } = yield* Effect.promise(() => import("../store/sweep.ts"))
      const wanted = yield* roots(pipeline, keepRuns).pipe(withEngine(pipeline))
      const now = yield* Clock.currentTimeMillis
      const marked = yield* mark(layout, wanted, {
        now,
        grace,
        runs: Math.max(keepRuns, remembered),
        ...(Option.isSome(olderThan) ? { olderThan: olderThan.value } : {}),
        ...(Option.isSome(maxSize) ? { maxBytes: maxSize.value } : {}),
      })
      const removed = dryRun ? marked.doomed : yield* sweep(layout, marked, now)
      yield* lines(out, collected(marked, removed, dryRun ? "would be freed" : "freed", yield* out.style))
    }),
  ).pipe(
    Command.withDescription("Remove what neither the targets, nor the last runs, nor runs with a name need"),
    Command.withExamples([
      { command: "pipeline gc --dry-run", description: "What each stage would free" },
      { command: "pipeline gc --older-than 30d", description: "Only what is older than a month" },
      { command: "pipeline gc --max-size 50GB", description: "No more than it takes" },
    ]),
  )
