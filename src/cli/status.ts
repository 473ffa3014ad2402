import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
import * as Disk from "../report/disk.ts"
import { lines, Output } from "../report/Output.ts"
import * as Report from "../report/plan.ts"
import * as Layout from "../store/Layout.ts"
import { UsageError } from "./ExitError.ts"
import { cacheOf, withEngine } from "./options.ts"

const flags = {
  disk: Flag.Boolean("disk").pipe(
    Flag.withDescription("Say what the store takes on the disk, by stage and by encoder"),
    Flag.withDefault(false),
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription("With --disk: as JSON, in bytes"), Flag.withDefault(false)),
}

/** The input whose fillers the disk's use is told by. */
const role = "encoder"

/** `status`: a line a stage, how much of it is fresh and why the rest is not; with `--disk`, what the store takes. */
export const status = (pipeline: Pipeline) =>
  Command.make(
    "status",
    flags,
    Effect.fn("status")(function* ({ disk, json }) {
      const { out } = yield* Output
      const style = yield* out.style
      if (disk) {
        const { usage } = yield* Effect.promise(() => import("../store/usage.ts"))
        const used = yield* usage(Layout.make(yield* cacheOf(pipeline)), role)
        return yield* lines(out, json ? Disk.usageJson(used, role) : Disk.usage(used, role, style))
      }
      if (json) {
        return yield* new UsageError({
          message: "status --json goes with --disk",
          hint: "`pipeline graph --format json` has every node's state",
        })
      }
      const { plan } = yield* Effect.promise(() => import("../plan/Plan.ts"))
      const planned = yield* plan(pipeline).pipe(withEngine(pipeline))
      yield* lines(out, Report.status(planned, style))
    }),
  ).pipe(Command.withDescription("Say for each stage what is fresh, what is not, and why"))
