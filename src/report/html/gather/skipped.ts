import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Skipped as SkippedTable } from "../../../run/Skipped.ts"
import { Store } from "../../../store/Store.ts"
import type { StoreError } from "../../../store/StoreError.ts"
import type { Part, Skipped } from "../Study.ts"
import type { Access } from "./Access.ts"

/** All rows that were left out on the way, each once, with the first node that lacks it. */
export const skipped = Effect.fn("report.skipped")(function* (
  access: Access,
): Effect.fn.Return<Part<Skipped>, StoreError, Store> {
  const store = yield* Store
  const rows = new Map<string, Skipped>()
  const sources = new Set<number>()
  const files = new Set<string>()
  for (const node of access.dag.nodes) {
    const found = yield* access.found(node)
    for (const ref of (found?.actions ?? []).flatMap(({ outputs }) => outputs.map(({ skipped }) => skipped))) {
      if (ref === undefined || files.has(ref.hash)) continue
      files.add(ref.hash)
      for (const at of yield* access.cite(node)) sources.add(at)
      const read = Stream.runForEach(store.read(SkippedTable, { table: ref }), (batch) =>
        Effect.sync(() => {
          batch.id.forEach((id, at) => {
            const row = { id, stage: batch.stage[at] ?? "", reason: batch.reason[at] ?? "", node: node.name }
            const key = JSON.stringify([row.id, row.stage, row.reason])
            if (!rows.has(key)) rows.set(key, row)
          })
        }),
      )
      // Left out they are all the same: a list that cannot be read is a line of this one.
      const unread = (reason: string) =>
        rows.set(ref.hash, { id: "?", stage: node.stage.name, reason, node: node.name })
      yield* Effect.catch(read, ({ message }) => Effect.sync(() => unread(`the list cannot be read: ${message}`)))
    }
  }
  return { rows: [...rows.values()], sources: [...sources], total: rows.size }
})
