import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { lines, Output } from "../report/Output.ts"
import { pinned } from "../report/pins.ts"
import * as Layout from "../store/Layout.ts"
import { UsageError } from "./ExitError.ts"
import { cacheOf } from "./options.ts"

const flags = {
  name: Argument.String("NAME").pipe(
    Argument.withDescription("The name: letters, digits, dots, dashes and underlines"),
    Argument.optional,
  ),
  run: Argument.String("RUN").pipe(
    Argument.withDescription("Id of a run, its beginning, or the name of one (default: the last run)"),
    Argument.optional,
  ),
  remove: Flag.Boolean("remove").pipe(Flag.withDescription("Take the name away again"), Flag.withDefault(false)),
}

/** `pin NAME [RUN]`: gives a run a name, so that what it used is kept. Lists names and runs where none is given. */
export const pin = (pipeline: Pipeline) =>
  Command.make(
    "pin",
    flags,
    Effect.fn("pin")(function* ({ name, remove, run }) {
      const { out } = yield* Output
      const layout = Layout.make(yield* cacheOf(pipeline))
      const Pins = yield* Effect.promise(() => import("../store/Pins.ts"))
      const Runs = yield* Effect.promise(() => import("../store/Runs.ts"))
      const Version = yield* Effect.promise(() => import("../store/Version.ts"))
      yield* Version.check(layout)
      const runs = Effect.map(Runs.make(layout).last(Number.POSITIVE_INFINITY), (all) =>
        all.filter(({ record }) => record.pipeline === pipeline.name),
      )
      if (Option.isNone(name)) {
        return yield* lines(out, pinned(yield* Pins.all(layout), yield* runs, yield* out.style))
      }
      if (!Pins.isName(name.value)) {
        return yield* new UsageError({
          message: `${name.value} cannot be a name`,
          hint: "use letters, digits, dots, dashes and underlines, and begin with a letter or a digit",
        })
      }
      if (remove) {
        if (yield* Pins.remove(layout, name.value)) return yield* lines(out, [`${name.value} is no name any more`])
        return yield* new UsageError({ message: `no run is called ${name.value}`, hint: "`pipeline pin` lists all" })
      }
      const found = yield* Option.match(run, { onNone: () => runs, onSome: (text) => Pins.find(layout, text) })
      const [chosen] = found
      if (chosen === undefined || (Option.isSome(run) && found.length > 1)) {
        const wanted = Option.getOrElse(run, () => "the last run")
        return yield* new UsageError({
          message: chosen === undefined ? `there is no run ${wanted}` : `${wanted} means ${found.length} runs`,
          hint: "`pipeline pin` lists all",
        })
      }
      yield* Pins.pin(layout, name.value, chosen)
      yield* lines(out, [`${name.value} = ${chosen.id}: gc keeps what this run used`])
    }),
  ).pipe(
    Command.withDescription("Give a run a name, so that gc keeps what it used"),
    Command.withExamples([
      { command: "pipeline pin submitted", description: "The last run is called submitted" },
      { command: "pipeline pin --remove submitted", description: "No longer" },
      { command: "pipeline pin", description: "All names, and the runs" },
    ]),
  )
