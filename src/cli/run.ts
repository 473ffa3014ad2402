import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { availableParallelism } from "node:os"
import type { Pipeline } from "../dsl/Pipeline.ts"
import type { Resolver } from "../plan/Resolver.ts"
import { closing, failures } from "../report/closing.ts"
import * as Follower from "../report/Follower.ts"
import { lines, Output } from "../report/Output.ts"
import { dryRun } from "../report/plan.ts"
import { events } from "../report/plannedNode.ts"
import * as Trace from "../report/trace.ts"
import type { Event } from "../run/Event.ts"
import type { RunOptions } from "../run/Run.ts"
import { ready } from "./device.ts"
import { ExitError, UsageError } from "./ExitError.ts"
import { heldTo, lockFile, lockPath } from "./locked.ts"
import { parseBytes, tolerance, withEngine } from "./options.ts"

const flags = {
  patterns: Argument.String("PATTERN").pipe(
    Argument.withDescription("Nodes, stages or targets to compute, with * for any text (default: all targets)"),
    Argument.variadic(),
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Say what would be computed, and why, and compute nothing"),
    Flag.withDefault(false),
  ),
  force: Flag.String("force").pipe(
    Flag.withMetavar("PATTERN"),
    Flag.withDescription("Compute these nodes again, fresh or not (may be given several times)"),
    Flag.atLeast(0),
  ),
  keepGoing: Flag.Boolean("keep-going").pipe(
    Flag.withDescription("After a failure go on with what does not stand on it"),
    Flag.withDefault(false),
  ),
  jobs: Flag.Int("jobs").pipe(
    Flag.withAlias("j"),
    Flag.withMetavar("N"),
    Flag.withDescription("How many tasks at once (default: as many as there are cores)"),
    Flag.filter(
      (jobs) => jobs >= 1,
      () => "Expected a number from 1 on",
    ),
    Flag.optional,
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one event a line as JSON, and nothing else"),
    Flag.withDefault(false),
  ),
  trace: Flag.String("trace").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write a Chrome trace of the run"),
    Flag.optional,
  ),
  ui: Flag.Boolean("ui").pipe(
    Flag.withDescription("Serve a page on this machine on which to watch the run; it ends with the run"),
    Flag.withDefault(false),
  ),
  uiPort: Flag.Int("ui-port").pipe(
    Flag.withMetavar("PORT"),
    Flag.withDescription("With --ui: the port to listen on (default: one that is free)"),
    Flag.filter(
      (port) => port >= 0 && port <= 65_535,
      () => "Expected a number from 0 to 65535",
    ),
    Flag.optional,
  ),
  locked: Flag.Boolean("locked").pipe(
    Flag.withDescription("Compare the results with the lock, and fail where a figure differs beyond the tolerance"),
    Flag.withDefault(false),
  ),
  lockFile,
  tolerance,
  exact: Flag.Boolean("exact").pipe(
    Flag.withDescription("With --locked: fail where a result is not equal byte by byte"),
    Flag.withDefault(false),
  ),
  pixelBudget: Flag.String("pixel-budget").pipe(
    Flag.withMetavar("SIZE"),
    Flag.withDescription(
      "Preprocessed pixels to keep on disk, e.g. 20GB (default: the smaller of 20GB and 1/5 of what is free)",
    ),
    Flag.filterMap(parseBytes, (text) => `Expected a size such as 20GB, not ${text}`),
    Flag.optional,
  ),
}

const wouldRun = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  choice: { readonly targets: ReadonlyArray<string>; readonly force: ReadonlyArray<string> },
  json: boolean,
) {
  const { out } = yield* Output
  const { plan } = yield* Effect.promise(() => import("../plan/Plan.ts"))
  const planned = yield* plan(pipeline, choice)
  const said = json ? events(planned).map((event) => JSON.stringify(event)) : dryRun(planned, yield* out.style)
  yield* lines(out, said)
})

const uiFor = Effect.fnUntraced(function* (pipeline: Pipeline, { force, targets }: RunOptions, port: number) {
  const { watched } = yield* Effect.promise(() => import("./ui.ts"))
  return yield* watched(pipeline, { targets, force }, port)
})

const traceTo = (file: string) =>
  Trace.follower(file).pipe(
    Effect.mapError(
      (error) =>
        new UsageError({
          message: `cannot write ${file}: ${error.message}`,
          hint: "name a file in a folder that is there and that you may write to",
        }),
    ),
  )

/**
 * Carries the pipeline out: shows how far it has come, then prints the tables
 * and what was done. Fails with exit code 1 where a node has failed.
 */
export const carryOut = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  options: RunOptions,
  shown: {
    readonly json: boolean
    readonly trace: string | undefined
    /** The port of the page to watch the run on, 0 for any. */
    readonly ui?: number | undefined
  },
) {
  yield* ready
  const { err, out } = yield* Output
  const Run = yield* Effect.promise(() => import("../run/Run.ts"))
  const failed: Array<Extract<Event, { event: "failed" }>> = []
  const done = new Set<string>()
  let summary: Extract<Event, { event: "summary" }> | undefined
  const known = yield* Deferred.make<Resolver>()

  const follow = Effect.gen(function* () {
    // Before the progress lines: they are redrawn in place, below what was said by then.
    const pages = shown.ui === undefined ? [] : [yield* uiFor(pipeline, options, shown.ui)]
    const followers: ReadonlyArray<Follower.Follower> = [
      ...pages,
      shown.json ? Follower.json(out) : yield* err.terminal ? Follower.live(err) : Follower.plain(err),
      ...(shown.trace === undefined ? [] : [yield* traceTo(shown.trace)]),
    ]
    yield* Stream.runForEach(
      Run.run(pipeline, options, known),
      Effect.fnUntraced(function* (event) {
        if (event.event === "failed") failed.push(event)
        if (event.event === "finished" || event.event === "cached") done.add(event.node)
        if (event.event === "summary") summary = event
        for (const follower of followers) yield* follower(event)
      }),
    )
  }).pipe(Effect.scoped)

  yield* Effect.gen(function* () {
    yield* follow
    if (summary === undefined || shown.json) return
    const { tables } = yield* Effect.promise(() => import("./targets.ts"))
    yield* lines(out, yield* tables(yield* Deferred.await(known), done, yield* out.style))
    yield* lines(err, failures(failed, yield* err.style))
    const end = summary.failed > 0 ? err : out
    yield* lines(end, closing(pipeline.name, summary, options.keepGoing, yield* end.style))
  }).pipe(withEngine(pipeline))
  if (failed.length > 0) return yield* new ExitError({ code: 1 })
})

/** `run`: computes what is not fresh, shows how far it has come, prints the tables. */
export const run = (pipeline: Pipeline) =>
  Command.make(
    "run",
    flags,
    Effect.fn("run")(function* (given) {
      const { dryRun, force, jobs, json, keepGoing, patterns, pixelBudget, trace, ui, uiPort } = given
      if (dryRun) return yield* wouldRun(pipeline, { targets: patterns, force }, json).pipe(withEngine(pipeline))
      const options = {
        targets: patterns,
        force,
        keepGoing,
        jobs: Option.getOrElse(jobs, availableParallelism),
        pixelBudget: Option.getOrUndefined(pixelBudget),
      }
      if (!ui && Option.isSome(uiPort)) {
        return yield* new UsageError({ message: "--ui-port goes with --ui", hint: "pipeline run --ui --ui-port 8080" })
      }
      const page = ui ? Option.getOrElse(uiPort, () => 0) : undefined
      const run = carryOut(pipeline, options, { json, trace: Option.getOrUndefined(trace), ui: page })
      if (!given.locked) return yield* run
      const { exact, tolerance } = given
      yield* heldTo(pipeline, { file: lockPath(pipeline, given.lockFile), tolerance, exact, json }, run)
    }),
  ).pipe(
    Command.withDescription("Compute what is not fresh, then print the tables"),
    Command.withExamples([
      { command: "pipeline run", description: "Everything" },
      { command: "pipeline run --device webgpu", description: "On the GPU" },
      { command: "pipeline run --ui", description: "The same, with a page to watch it on" },
      {
        command: "pipeline run 'score(hog, *)' --dry-run",
        description: "What would be computed for one model's scores",
      },
    ]),
  )
