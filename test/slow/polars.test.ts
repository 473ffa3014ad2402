/** What the cache holds is read by an Arrow reader that shares no code with ours: Polars, which is written in Rust. */
import { beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll } from "vitest"
import * as Batch from "../../src/arrow/Batch.ts"
import type { Table } from "../../src/arrow/Table.ts"
import * as Layout from "../../src/store/Layout.ts"
import { Store } from "../../src/store/Store.ts"
import { Features, Labels, Leaderboard, Predictions, Scores } from "../../stages/tables.ts"
import { makeProject, type Project } from "./project.ts"
import { writeWorld } from "./world.ts"

// Its native part is missing where npm has left it out: under Node.js 20, though it runs under the one used here.
// It is no dependency of the project (115 MB), so what is used of it is described here.
interface Polars {
  readIPC(file: Uint8Array): {
    readonly height: number
    readonly dtypes: ReadonlyArray<{ readonly variant: string }>
    toRecords(): ReadonlyArray<Readonly<Record<string, unknown>>>
  }
}
const name = "nodejs-polars"
const loaded: Polars | undefined = await import(name).then(
  (module: { readonly default: Polars }) => module.default,
  () => undefined,
)
if (loaded === undefined) console.log("skipped: Polars cannot be loaded (npm install --no-save nodejs-polars)")

/** A value as plain data: arrays for typed arrays and lists. */
const plain = (value: unknown): unknown => {
  if (typeof value === "object" && value !== null && "data" in value) return plain(value.data)
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Float32Array) : value
}

describe.skipIf(loaded === undefined)("Polars reads", () => {
  let project: Project
  beforeAll(async () => {
    project = makeProject()
    await writeWorld(project)
    const { code } = await project.run([], { file: "pair.ts" })
    expect(code).toBe(0)
  })
  afterAll(() => project.remove())

  const cases: ReadonlyArray<{ readonly stage: string; readonly table: Table; readonly types: ReadonlyArray<string> }> =
    [
      { stage: "extract", table: Features, types: ["String", "FixedSizeList"] },
      { stage: "predict", table: Predictions, types: ["String", "List", "List", "Int32"] },
      {
        stage: "score",
        table: Scores,
        types: ["String", "String", "String", "Int32", "Float64", "Int32", "Int32", "Int32"],
      },
      { stage: "labels", table: Labels, types: ["String", "List"] },
      {
        stage: "aggregate",
        table: Leaderboard,
        types: ["String", "String", "String", "String", "Float64", "Int32", "Int32", "Int32", "Int32"],
      },
    ]
  it.effect.each(cases)("what $stage gives: every row and column as we do", ({ stage, table, types }) =>
    Effect.gen(function* () {
      const cache = join(project.folder, "cache")
      const layout = Layout.make(cache)
      const nodes = Object.values(project.lastRecord().nodes).filter((node) => node.stage === stage)
      expect(nodes.length).toBeGreaterThan(0)
      yield* Effect.gen(function* () {
        const store = yield* Store
        for (const key of nodes.flatMap(({ keys }) => keys)) {
          for (const output of (yield* store.action(key))?.outputs ?? []) {
            const ours = yield* Stream.runCollect(store.read(table, output))
            const rows = ours.flatMap((batch) =>
              Array.from({ length: Batch.rowCount(table, batch) }, (_, at) =>
                Object.entries(Batch.row(table, batch, at)).map(([name, value]) => [name, plain(value)]),
              ),
            )
            const frame = loaded?.readIPC(readFileSync(layout.artifact(output.table.hash)))
            expect(frame?.height).toBe(output.table.rows)
            expect(frame?.dtypes.map((type) => type.variant)).toEqual(types)
            const theirs = frame?.toRecords().map((record) => Object.entries(record))
            expect(theirs).toEqual(rows)
          }
        }
      }).pipe(Effect.provide(Store.layer(cache)))
    }),
  )
})
