import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { availableParallelism } from "node:os"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { closing, failures } from "../report/closing.ts"
import * as Follower from "../report/Follower.ts"
import { lines, Output } from "../report/Output.ts"
import { dryRun } from "../report/plan.ts"
import { events } from "../report/plannedNode.ts"
import * as Trace from "../report/trace.ts"
import type { Event } from "../run/Event.ts"
import { ExitError, UsageError } from "./ExitError.ts"
import { parseBytes, withEngine } from "./options.ts"

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

const traceTo = (file: string) =>
  Trace.follower(file).pipe(
    Effect.mapError(
      (error) => new UsageError({ message: `cannot write ${file}: ${error.message}`, hint: "see --trace" }),
    ),
  )

/** `run`: computes what is not fresh, shows how far it has come, prints the tables. */
export const run = (pipeline: Pipeline) =>
  Command.make(
    "run",
    flags,
    Effect.fn("run")(function* ({ dryRun, force, jobs, json, keepGoing, patterns, pixelBudget, trace }) {
      const { err, out } = yield* Output
      if (dryRun) return yield* wouldRun(pipeline, { targets: patterns, force }, json).pipe(withEngine(pipeline))
      const Run = yield* Effect.promise(() => import("../run/Run.ts"))
      const options = {
        targets: patterns,
        force,
        keepGoing,
        jobs: Option.getOrElse(jobs, availableParallelism),
        pixelBudget: Option.getOrUndefined(pixelBudget),
      }
      const failed: Array<Extract<Event, { event: "failed" }>> = []
      const done = new Set<string>()
      let summary: Extract<Event, { event: "summary" }> | undefined

      const follow = Effect.gen(function* () {
        const followers: ReadonlyArray<Follower.Follower> = [
          json ? Follower.json(out) : yield* err.terminal ? Follower.live(err) : Follower.plain(err),
          ...(Option.isSome(trace) ? [yield* traceTo(trace.value)] : []),
        ]
        yield* Stream.runForEach(
          Run.run(pipeline, options),
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
        if (summary === undefined || json) return
        const { tables } = yield* Effect.promise(() => import("./targets.ts"))
        yield* lines(out, yield* tables(pipeline, done, yield* out.style))
        yield* lines(err, failures(failed, yield* err.style))
        const end = summary.failed > 0 ? err : out
        yield* lines(end, closing(pipeline.name, summary, keepGoing, yield* end.style))
      }).pipe(withEngine(pipeline))
      if (failed.length > 0) return yield* new ExitError({ code: 1 })
    }),
  ).pipe(
    Command.withDescription("Compute what is not fresh, then print the tables"),
    Command.withExamples([
      { command: "pipeline run", description: "Everything" },
      {
        command: "pipeline run 'score(hog, *)' --dry-run",
        description: "What would be computed for one model's scores",
      },
    ]),
  )
