import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readdirSync } from "node:fs"
import * as path from "node:path"
import { readSmall, writeSmall } from "./Actions.ts"
import * as Envelope from "./envelope.ts"
import type { Layout } from "./Layout.ts"
import * as quarantine from "./quarantine.ts"
import { RunRecord } from "./RunRecord.ts"
import { fromCause, isAbsent, type StoreError } from "./StoreError.ts"

/** The records of what runs planned and did. */
export const make = (layout: Layout) => {
  const envelope = Envelope.make(RunRecord)

  // Names sort as their times do. A colon cannot be part of a name everywhere.
  const fileOf = (record: RunRecord) =>
    path.join(layout.runs, `${record.started.replaceAll(":", "-")}-${process.pid}.json`)

  const names: Effect.Effect<ReadonlyArray<string>, StoreError> = Effect.try({
    try: () => readdirSync(layout.runs),
    catch: (cause) => cause,
  }).pipe(
    Effect.map((found) =>
      found
        .filter((name) => name.endsWith(".json"))
        .sort()
        .reverse(),
    ),
    Effect.catch((cause) =>
      isAbsent(cause) ? Effect.succeed([]) : Effect.fail(fromCause(cause, "list", layout.runs)),
    ),
  )

  return {
    saveRun: (record: RunRecord): Effect.Effect<void, StoreError> =>
      Effect.suspend(() => writeSmall(layout, fileOf(record), envelope.encode(record))),
    lastRuns: Effect.fnUntraced(function* (n: number) {
      const records: Array<RunRecord> = []
      for (const name of yield* names) {
        if (records.length >= n) break
        const file = path.join(layout.runs, name)
        const bytes = yield* readSmall(file)
        if (bytes === undefined) continue
        const decoded = envelope.decode(bytes)
        if (Result.isSuccess(decoded)) records.push(decoded.success)
        else yield* quarantine.setAside(layout, file, decoded.failure)
      }
      return records
    }),
  }
}
