/** Tables, actions and folders that the store's tests share. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import * as Table from "../../src/arrow/Table.ts"
import type { Batch } from "../../src/arrow/Table.ts"
import * as Hash from "../../src/hash/Hash.ts"
import type { Action, Output } from "../../src/store/Action.ts"
import { Damage, type Damaged } from "../../src/store/Damage.ts"
import type { RunRecord } from "../../src/store/RunRecord.ts"
import { Store } from "../../src/store/Store.ts"

/** Makes new, empty folders, and removes them when the file's tests are done. */
export const folders = (name: string) => {
  const parent = mkdtempSync(join(tmpdir(), `rankshift-${name}-`))
  afterAll(() => rmSync(parent, { recursive: true, force: true }))
  let count = 0
  return () => join(parent, `${count++}`)
}

export const Manifest = Table.rows(
  "manifest",
  { id: "utf8", hash: "utf8", path: "utf8", offset: "float64" },
  { aside: ["path", "offset"] },
)

export const manifest = (rows: number, where = "/data"): Batch<typeof Manifest> => ({
  id: Array.from({ length: rows }, (_, i) => `${i}.jpeg`),
  hash: Array.from({ length: rows }, (_, i) => Hash.ofText(`${i}`)),
  path: Array.from({ length: rows }, (_, i) => `${where}/${i}.jpeg`),
  offset: Float64Array.from({ length: rows }, () => -1),
})

export const Features = Table.rows("features", { id: "utf8", features: "float32Tensor" })

export const features = (rows: number, factor = 1): Batch<typeof Features> => ({
  id: Array.from({ length: rows }, (_, i) => `${i}.jpeg`),
  features: { shape: [8], data: Float32Array.from({ length: rows * 8 }, (_, i) => i * factor) },
})

/** Writes batches as one table. */
export const put = <T extends Table.Table>(table: T, batches: ReadonlyArray<Batch<T>>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const writer = yield* Effect.flatMap(Store, (store) => store.writer(table))
      yield* Effect.forEach(batches, writer.append, { discard: true })
      return yield* writer.finish
    }),
  )

/** Reads a table. */
export const get = <T extends Table.Table>(table: T, output: Output) =>
  Effect.flatMap(Store, (store) => Stream.runCollect(store.read(table, output)))

/** An action that gave these outputs. */
export const actionOf = (name: string, outputs: ReadonlyArray<Output> = []): Action => ({
  key: Hash.ofText(name),
  node: `extract(${name})`,
  shard: 3,
  parts: {
    stage: "extract",
    code: Hash.ofText("code"),
    packages: { sharp: "0.35.5" },
    params: { mean: [0.5, null, true, { nested: "é" }] },
    inputs: { pixels: Hash.ofText("pixels") },
    environment: { onnxruntime: "1.30.0" },
    stamp: "",
  },
  outputs,
  seconds: 1.25,
  finished: "2026-11-20T10:00:00.000Z",
  host: { platform: "linux" },
})

/** The record of a run, of one node with these keys. */
export const runOf = (
  started: string,
  keys: ReadonlyArray<string> = [Hash.ofText("k")],
  pipeline = "benchmark-lottery",
): RunRecord => ({
  pipeline,
  started,
  finished: started,
  nodes: { "extract(hog)": { stage: "extract", state: "failed", keys, seconds: 1.5, message: "why" } },
  summary: {
    nodes: 1,
    executed: 0,
    cached: 0,
    failed: 1,
    blocked: 0,
    shards: { executed: 2, cached: 3 },
    seconds: 1.5,
  },
})

/** Runs an effect and gives what was reported as damaged meanwhile. */
export const reporting = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const reports: Array<Damaged> = []
    const listener = { report: (damaged: Damaged) => Effect.sync(() => void reports.push(damaged)) }
    return Effect.map(Effect.provideService(effect, Damage, listener), (value) => ({ value, reports }))
  })
