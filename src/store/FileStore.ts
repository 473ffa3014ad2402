import * as Effect from "effect/Effect"
import * as Actions from "./Actions.ts"
import * as Artifacts from "./Artifacts.ts"
import * as Layout from "./Layout.ts"
import * as memory from "./memory.ts"
import { read } from "./read.ts"
import * as Runs from "./Runs.ts"
import type { Store } from "./Store.ts"
import * as Temp from "./Temp.ts"
import * as Writer from "./Writer.ts"

/** A store of plain files in a folder, which is made when the first file is written. */
export const make = (root: string): Effect.Effect<Store["Service"]> =>
  Effect.gen(function* () {
    const layout = Layout.make(root)
    yield* Temp.sweep(layout)
    const artifacts = yield* Artifacts.make(layout)
    const { action, record } = Actions.make(layout)
    const { lastRuns, saveRun } = Runs.make(layout)
    return {
      root: layout.root,
      action,
      record,
      check: artifacts.check,
      read: (table, output) => read(artifacts, table, output),
      writer: (table) => Writer.make(layout, table),
      saveRun,
      lastRuns,
      memo: memory.make(layout),
    }
  })
