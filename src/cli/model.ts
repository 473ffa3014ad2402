import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { resolve } from "node:path"
import { bytes } from "../report/format.ts"
import { lines, Output } from "../report/Output.ts"
import { UsageError } from "./ExitError.ts"

const flags = {
  file: Argument.String("FILE").pipe(
    Argument.withDescription(
      "A checkpoint (.pth, .pth.tar, .pt, .th, .safetensors, .pkl, .index, a zip) or an ONNX file",
    ),
  ),
  weights: Flag.String("weights").pipe(
    Flag.withMetavar("PART"),
    Flag.withDescription("Which network of several, by a part of what stands before its weights' names"),
    Flag.optional,
  ),
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write the encoder as an ONNX file"),
    Flag.optional,
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print what it is as JSON, and nothing else"),
    Flag.withDefault(false),
  ),
}

/** In one step, so that half a file is never there. */
const write = Effect.fnUntraced(function* (target: string, content: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const draft = `${target}.${process.pid}.tmp`
  yield* fs.writeFile(draft, content).pipe(
    Effect.andThen(fs.rename(draft, target)),
    Effect.onError(() => Effect.ignore(fs.remove(draft, { force: true }))),
    Effect.mapError(
      (error) =>
        new UsageError({
          message: `cannot write ${target}: ${error.message}`,
          hint: "name a file in a folder that you may write to",
        }),
    ),
  )
})

/** `model FILE`: what a model's file is; with `-o`, its encoder as an ONNX file. */
export const model = Command.make(
  "model",
  flags,
  Effect.fn("model")(function* ({ file, json, output, weights }) {
    const { err, out } = yield* Output
    const { describe } = yield* Effect.promise(() => import("../../stages/checkpoints/describe.ts"))
    const { Description } = yield* Effect.promise(() => import("../../stages/checkpoints/Description.ts"))
    const Report = yield* Effect.promise(() => import("../report/model.ts"))
    const { built, description } = yield* Effect.mapError(
      describe(resolve(file), Option.getOrUndefined(weights)),
      ({ file, hint, message }) =>
        new UsageError({
          message,
          ...(file === undefined ? {} : { file }),
          ...(hint === undefined ? {} : { hint }),
        }),
    )
    if (Option.isSome(output)) {
      if (built === undefined) {
        return yield* new UsageError({ message: "this is an ONNX file already", file: description.file })
      }
      const target = resolve(output.value)
      const content = yield* built.graph.bytes
      yield* write(target, content)
      yield* lines(err, [`written: ${target}  ${bytes(content.length)}`])
    }
    const shown = json
      ? [JSON.stringify(Schema.encodeSync(Description)(description), undefined, 2)]
      : Report.model(description, yield* out.style)
    yield* lines(out, shown)
  }),
).pipe(
  Command.withDescription("Say what a checkpoint or an ONNX file is, and write a checkpoint's encoder as ONNX"),
  Command.withExamples([
    { command: "pipeline model r-50-1000ep.pth.tar", description: "Container, networks, architecture, outputs" },
    { command: "pipeline model pretrain_res50x1.pkl -o byol.onnx", description: "Write the encoder" },
  ]),
)
