import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as path from "node:path"
import { readSmall, writeSmall } from "./Actions.ts"
import * as Envelope from "./envelope.ts"
import { names } from "./Inventory.ts"
import type { Layout } from "./Layout.ts"
import * as quarantine from "./quarantine.ts"
import { RunRecord } from "./RunRecord.ts"
import type { StoreError } from "./StoreError.ts"

const envelope = Envelope.make(RunRecord)

/** A record as the content of its file. */
export const encode = envelope.encode

/** The record that should be in a file of these bytes, or what is wrong with it. */
export const decode = envelope.decode

/** A run under the name of its file, which tells it from all others. */
export interface Recorded {
  readonly id: string
  readonly record: RunRecord
}

/** Whether a file is named as the record of a run is. */
export const idOf = (name: string): string | undefined =>
  name.endsWith(".json") ? path.basename(name, ".json") : undefined

/** The records of what runs planned and did. */
export const make = (layout: Layout) => {
  // Names sort as their times do. A colon cannot be part of a name everywhere.
  const fileOf = (record: RunRecord) =>
    path.join(layout.runs, `${record.started.replaceAll(":", "-")}-${process.pid}.json`)

  /** The last `n` runs, the latest first, damaged ones put aside. */
  const last = Effect.fnUntraced(function* (n: number) {
    const found: Array<Recorded> = []
    for (const name of (yield* names(layout.runs)).toReversed()) {
      if (found.length >= n) break
      const id = idOf(name)
      const file = path.join(layout.runs, name)
      const bytes = id === undefined ? undefined : yield* readSmall(file)
      if (id === undefined || bytes === undefined) continue
      const decoded = decode(bytes)
      if (Result.isSuccess(decoded)) found.push({ id, record: decoded.success })
      else yield* quarantine.setAside(layout, file, decoded.failure)
    }
    return found
  })

  return {
    last,
    saveRun: (record: RunRecord): Effect.Effect<void, StoreError> =>
      Effect.suspend(() => writeSmall(layout, fileOf(record), encode(record))),
    lastRuns: (n: number): Effect.Effect<ReadonlyArray<RunRecord>, StoreError> =>
      Effect.map(last(n), (found) => found.map(({ record }) => record)),
  }
}
