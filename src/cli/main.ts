import * as Cause from "effect/Cause"
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { Warning } from "../dsl/Services.ts"
import { Device } from "../onnx/Device.ts"
import { type Channel, lines, Output } from "../report/Output.ts"
import { paint } from "../report/style.ts"
import { Damage, type Damaged } from "../store/Damage.ts"
import { ExitError } from "./ExitError.ts"
import { bundle, restore } from "./bundle.ts"
import { check } from "./check.ts"
import { chosen } from "./device.ts"
import { diff } from "./diff.ts"
import { explain } from "./explain.ts"
import { gc } from "./gc.ts"
import { graph } from "./graph.ts"
import { lock } from "./lock.ts"
import { log } from "./log.ts"
import { model } from "./model.ts"
import { root } from "./options.ts"
import { pin } from "./pin.ts"
import { report } from "./report.ts"
import { run } from "./run.ts"
import { show } from "./show.ts"
import { status } from "./status.ts"
import { verify } from "./verify.ts"
import { version } from "./version.ts"

// What is wrong goes to standard error alone: who reads standard output gets results or nothing.
const presenter = (err: Channel): CliOutput.Presenter => ({
  present: Effect.fnUntraced(function* (event) {
    if (event._tag !== "InvalidInvocation") return yield* CliOutput.defaultPresenter.present(event)
    const { colour } = yield* err.style
    const formatter = CliOutput.defaultFormatter({ colors: colour })
    yield* lines(err, [
      formatter.formatErrors(event.errors).trim(),
      "",
      `  \`${event.commandPath.join(" ")} --help\` lists what there is`,
    ])
  }),
})

interface Told {
  readonly message: string
  readonly hint?: string
  readonly file?: string
}

const tell = Effect.fnUntraced(function* (error: Told) {
  const { err } = yield* Output
  const style = yield* err.style
  yield* lines(err, [
    `${paint(style, "bad", "error:")} ${error.message}`,
    ...(error.file === undefined || error.message.includes(error.file) ? [] : [`file: ${error.file}`]),
    ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
  ])
})

// Commands that only look may find damage, too. It is no part of what they print.
const aside = Effect.map(Output, ({ err }) => ({
  report: ({ file, movedTo, reason }: Damaged) => lines(err, [`set aside ${file}: ${reason} (now ${movedTo})`]),
}))

const warning = Effect.map(Output, ({ err }) => ({
  say: (message: string) => lines(err, [`warning: ${message}`]),
}))

const usage = (error: CliError.CliError) =>
  error._tag === "ShowHelp" && error.errors.length === 0 ? Effect.void : Effect.fail(new ExitError({ code: 2 }))

/** The command line of a pipeline: parses, does, and says what went wrong. Fails with the exit code alone. */
export const main = (pipeline: Pipeline, args: ReadonlyArray<string>) => {
  const command = root.pipe(
    Command.withSubcommands([
      run(pipeline),
      graph(pipeline),
      status(pipeline),
      explain(pipeline),
      check(pipeline),
      show(pipeline),
      report(pipeline),
      log(pipeline),
      model,
      diff(pipeline),
      verify(pipeline),
      gc(pipeline),
      pin(pipeline),
      lock(pipeline),
      bundle(pipeline),
      restore(pipeline),
    ]),
    Command.provideEffect(Device, ({ device }) => chosen(device)),
  )
  return Effect.flatMap(Output, ({ err }) =>
    Command.runWith(command, { version })(args).pipe(Effect.provideService(CliOutput.Presenter, presenter(err))),
  ).pipe(
    Effect.catchTags({
      PipelineError: (error) => Effect.andThen(tell(error), new ExitError({ code: 2 })),
      StoreError: (error) => Effect.andThen(tell(error), new ExitError({ code: 2 })),
      UsageError: (error) => Effect.andThen(tell(error), new ExitError({ code: 2 })),
    }),
    Effect.catch((error) => (error._tag === "ExitError" ? Effect.fail(error) : usage(error))),
    Effect.catchDefect((defect) =>
      tell({ message: `this is a fault of the program itself: ${Cause.pretty(Cause.die(defect))}` }).pipe(
        Effect.andThen(new ExitError({ code: 2 })),
      ),
    ),
    Effect.provideServiceEffect(Damage, aside),
    Effect.provideServiceEffect(Warning, warning),
    Effect.onInterrupt(() =>
      Effect.flatMap(Output, ({ err }) => lines(err, ["interrupted; what was finished is kept, run again to go on"])),
    ),
  )
}
