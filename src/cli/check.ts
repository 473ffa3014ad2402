import * as Argument from "effect/cli/Argument"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Pipeline } from "../dsl/Pipeline.ts"
import * as Report from "../report/check.ts"
import { lines, Output } from "../report/Output.ts"
import { Checked } from "../run/Checked.ts"
import { ready } from "./device.ts"
import { ExitError } from "./ExitError.ts"
import { tolerance, withEngine } from "./options.ts"

const flags = {
  patterns: Argument.String("NODE").pipe(
    Argument.withDescription("Nodes, stages or targets to compute again, with * for any text (default: all targets)"),
    Argument.variadic(),
  ),
  samples: Flag.Int("samples").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Check N shards drawn from these nodes and all that they stand on, and not whole nodes"),
    Flag.filter(
      (samples) => samples >= 1,
      () => "Expected a number from 1 on",
    ),
    Flag.optional,
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDescription("With --samples: draws others (default: a new one each time, which is printed)"),
    Flag.optional,
  ),
  tolerance,
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print what came of each shard as a line of JSON, and nothing else"),
    Flag.withDefault(false),
  ),
}

const encode = Schema.encodeSync(Checked)

/** `check NODE`: computes again beside the cache, and compares. */
export const check = (pipeline: Pipeline) =>
  Command.make(
    "check",
    flags,
    Effect.fn("check")(function* ({ json, patterns, samples, seed, tolerance }) {
      const { err, out } = yield* Output
      const style = yield* out.style
      const Check = yield* Effect.promise(() => import("../run/Check.ts"))
      const began = yield* Clock.currentTimeMillis
      const drawn = Option.getOrElse(seed, () => began % 100_000)
      yield* ready
      if (Option.isSome(samples) && !json) yield* lines(err, [`drawn with --seed ${drawn}`])
      const all: Array<Checked> = []
      yield* Stream.runForEach(
        Check.check(pipeline, {
          patterns,
          samples: Option.getOrUndefined(samples),
          seed: drawn,
          tolerance: { absolute: tolerance, relative: tolerance },
        }),
        (found) => {
          all.push(found)
          return lines(out, json ? [JSON.stringify(encode(found))] : Report.checked(found, style))
        },
      ).pipe(withEngine(pipeline))
      const seconds = ((yield* Clock.currentTimeMillis) - began) / 1000
      if (!json) yield* lines(out, [Report.closing(all, seconds, style)])
      const bad = all.some(({ verdict }) => verdict === "different" || verdict === "failed")
      if (bad) return yield* new ExitError({ code: 1 })
    }),
  ).pipe(
    Command.withDescription("Compute nodes again beside the cache and compare: bytes first, then values"),
    Command.withExamples([
      {
        command: "pipeline check 'extract(hog, sketch)'",
        description: "Exits with 1 where a value differs beyond the tolerance",
      },
      { command: "pipeline check --samples 20", description: "Twenty shards of anything" },
    ]),
  )
