/** Types command lines in tests, on a store of their own, as if a given time had passed. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { main } from "../../src/cli/main.ts"
import type { Pipeline } from "../../src/dsl/Pipeline.ts"
import { Output } from "../../src/report/Output.ts"
import { screen } from "../report/screens.ts"

/** What a command line came to. */
export interface Called {
  readonly code: number
  readonly out: ReadonlyArray<string>
  readonly err: ReadonlyArray<string>
  /** All that was written to standard error, with the control sequences. */
  readonly drawn: string
}

const ahead = (clock: Clock.Clock, millis: number): Clock.Clock => ({
  ...clock,
  currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + millis,
  currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + millis),
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
  sleep: (duration) => clock.sleep(duration),
})

/** A folder with a store in it, as long as the scope is open. */
export const desk = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "rankshift-desk-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  ),
  (folder) => {
    const cache = join(folder, "cache")
    const typed = Effect.fnUntraced(function* (
      settings: { readonly cache?: string; readonly later?: number; readonly terminal?: boolean },
      pipeline: Pipeline,
      args: ReadonlyArray<string>,
    ): Effect.fn.Return<Called> {
      const [out, err] = [screen(), screen({ terminal: settings.terminal ?? false })]
      const clock = yield* Clock.Clock
      const code = yield* main(pipeline, [...args, "--cache", settings.cache ?? cache]).pipe(
        Effect.matchEffect({ onFailure: ({ code }) => Effect.succeed(code), onSuccess: () => Effect.succeed(0) }),
        Effect.provide(Layer.mergeAll(NodeServices.layer, Layer.succeed(Output, Output.of({ out, err })))),
        Effect.provideService(Clock.Clock, ahead(clock, settings.later ?? 0)),
      )
      return { code, out: out.lines(), err: err.lines(), drawn: err.text() }
    })
    return {
      folder,
      cache,
      typed,
      call: (pipeline: Pipeline, ...args: ReadonlyArray<string>) => typed({}, pipeline, args),
      /** The same an hour later, when what was computed now is old enough to be collected. */
      later: (pipeline: Pipeline, ...args: ReadonlyArray<string>) => typed({ later: 3_600_000 }, pipeline, args),
    }
  },
)
