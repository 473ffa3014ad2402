import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { bundled, restored } from "../report/bundle.ts"
import { lines, Output } from "../report/Output.ts"
import * as Layout from "../store/Layout.ts"
import { cacheOf, withEngine } from "./options.ts"

/** `bundle TARGET… -o FILE`: a target and what it stands on, in one file. */
export const bundle = (pipeline: Pipeline) =>
  Command.make(
    "bundle",
    {
      targets: Argument.String("TARGET").pipe(
        Argument.withDescription("Targets, nodes or patterns (default: all targets)"),
        Argument.variadic(),
      ),
      output: Flag.String("output").pipe(
        Flag.withAlias("o"),
        Flag.withMetavar("FILE"),
        Flag.withDescription("The tar file to write"),
      ),
      tablesOnly: Flag.Boolean("tables-only").pipe(
        Flag.withDescription("Only the tables of these nodes, nothing that they stand on"),
        Flag.withDefault(false),
      ),
    },
    Effect.fn("bundle")(function* ({ output, tablesOnly, targets }) {
      const { out } = yield* Output
      const { closure } = yield* Effect.promise(() => import("../plan/Closure.ts"))
      const Bundle = yield* Effect.promise(() => import("../store/Bundle.ts"))
      const layout = Layout.make(yield* cacheOf(pipeline))
      const selection = yield* closure(pipeline, targets, tablesOnly).pipe(withEngine(pipeline))
      const bytes = yield* Bundle.write(layout, selection, output)
      yield* lines(out, bundled(selection, output, bytes))
    }),
  ).pipe(
    Command.withDescription("Write a target and all that it stands on to one file, for another machine"),
    Command.withExamples([
      { command: "pipeline bundle table -o table.tar", description: "Restored elsewhere, a run computes nothing" },
      { command: "pipeline bundle table --tables-only -o table.tar", description: "The final table alone" },
    ]),
  )

/** `restore FILE`: puts what a bundle holds into the store. */
export const restore = (pipeline: Pipeline) =>
  Command.make(
    "restore",
    { file: Argument.String("FILE").pipe(Argument.withDescription("A tar file that `bundle` has written")) },
    Effect.fn("restore")(function* ({ file }) {
      const { out } = yield* Output
      const Restore = yield* Effect.promise(() => import("../store/restore.ts"))
      const layout = Layout.make(yield* cacheOf(pipeline))
      yield* lines(out, restored(yield* Effect.scoped(Restore.restore(layout, file))))
    }),
  ).pipe(Command.withDescription("Put what a bundle holds into the store, each file verified"))
