import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { availableParallelism } from "node:os"
import type { Pipeline } from "../dsl/Pipeline.ts"
import * as Bar from "../report/bar.ts"
import { lines, Output } from "../report/Output.ts"
import * as Report from "../report/verification.ts"
import { Damage } from "../store/Damage.ts"
import * as Layout from "../store/Layout.ts"
import type { Finding } from "../store/verify.ts"
import { ready } from "./device.ts"
import { ExitError } from "./ExitError.ts"
import { cacheOf } from "./options.ts"
import { carryOut } from "./run.ts"

const flags = {
  repair: Flag.Boolean("repair").pipe(
    Flag.withDescription("Set aside what is bad, then compute again what the targets need"),
    Flag.withDefault(false),
  ),
  jobs: Flag.Int("jobs").pipe(
    Flag.withAlias("j"),
    Flag.withMetavar("N"),
    Flag.withDescription("How many files, or tasks, at once (default: as many as there are cores)"),
    Flag.filter(
      (jobs) => jobs >= 1,
      () => "Expected a number from 1 on",
    ),
    Flag.optional,
  ),
}

const look = Effect.fnUntraced(function* (layout: Layout.Layout, jobs: number) {
  const { err, out } = yield* Output
  const Verify = yield* Effect.promise(() => import("../store/verify.ts"))
  const began = yield* Clock.currentTimeMillis
  const subjects = yield* Verify.subjects(layout)
  const all = Object.values(subjects).flat()
  const total = { files: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) }
  const bad: Array<Finding> = []
  const seen = { files: 0, bytes: 0 }
  yield* Effect.scoped(
    Effect.gen(function* () {
      const advance = yield* Bar.follow(err, "verify")
      yield* Stream.runForEach(Verify.verify(subjects, jobs), (finding) => {
        seen.files++
        seen.bytes += finding.bytes
        if (finding.problem !== undefined) bad.push(finding)
        return advance({
          files: { done: seen.files, total: total.files },
          bytes: { done: seen.bytes, total: total.bytes },
          bad: bad.length,
        })
      })
    }),
  )
  const seconds = ((yield* Clock.currentTimeMillis) - began) / 1000
  const style = yield* out.style
  yield* lines(out, [...Report.bad(bad, style), Report.verdict(seen, bad.length, seconds, style)])
  return bad
})

/** `verify`: looks into every file of the store; with `--repair`, mends it. */
export const verify = (pipeline: Pipeline) =>
  Command.make(
    "verify",
    flags,
    Effect.fn("verify")(function* ({ jobs, repair }) {
      if (repair) yield* ready
      const { err, out } = yield* Output
      const layout = Layout.make(yield* cacheOf(pipeline))
      const atOnce = Option.getOrElse(jobs, availableParallelism)
      const bad = yield* look(layout, atOnce)
      if (bad.length === 0) return
      if (!repair) {
        const hint = "hint: --repair sets them aside and computes again what the targets need"
        yield* lines(err, [hint])
        return yield* new ExitError({ code: 1 })
      }
      const Verify = yield* Effect.promise(() => import("../store/verify.ts"))
      const setAside = (findings: ReadonlyArray<Finding>) =>
        Effect.forEach(findings, (finding) => Verify.setAside(layout, finding)).pipe(
          Effect.provideService(Damage, {
            report: ({ file, movedTo }) => lines(out, [`set aside ${file} (now ${movedTo})`]),
          }),
        )
      yield* setAside(bad.filter(({ problem }) => problem?.kind === "damaged"))
      const options = { targets: [], force: [], keepGoing: true, jobs: atOnce, pixelBudget: undefined }
      yield* carryOut(pipeline, options, { json: false, trace: undefined })
      // What the run had no use for has not been computed again.
      yield* setAside(yield* Verify.lacking(layout))
      if (bad.some(({ problem }) => problem?.kind === "unreadable")) return yield* new ExitError({ code: 1 })
    }),
  ).pipe(
    Command.withDescription("Look into every artifact and action: is its content what it should be?"),
    Command.withExamples([
      { command: "pipeline verify", description: "Exits with 1 where something is bad, and lists it" },
      { command: "pipeline verify --repair", description: "Mends it" },
    ]),
  )
