/** Features of 1 GB hashed and written by the store, against a bare loop that writes the same bytes. */
import { mkdtempSync } from "node:fs"
import { open, rename } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { Store } from "../../src/store/Store.ts"
import { Features } from "../../stages/tables.ts"
import { median, remove } from "./command.ts"
import { print } from "./table.ts"

const rows = 4096
const width = 2048
const shards = 32
const rounds = 5

const batchOf = (shard: number) => {
  const data = new Float32Array(rows * width)
  for (let i = 0; i < data.length; i++) data[i] = Math.sin(i + shard)
  return { id: Array.from({ length: rows }, (_, row) => `${shard}/${row}`), features: { shape: [width], data } }
}

/** Each shard into a file of its own, synced, then under its name, as the store does. */
const bare = async (folder: string, batches: ReadonlyArray<ReturnType<typeof batchOf>>): Promise<number> => {
  const started = performance.now()
  for (const [i, { features }] of batches.entries()) {
    const handle = await open(join(folder, `${i}.tmp`), "wx")
    await handle.write(new Uint8Array(features.data.buffer))
    await handle.sync()
    await handle.close()
    await rename(join(folder, `${i}.tmp`), join(folder, String(i)))
    const directory = await open(folder, "r")
    await directory.sync()
    await directory.close()
  }
  return (performance.now() - started) / 1000
}

const stored = (folder: string, batches: ReadonlyArray<ReturnType<typeof batchOf>>): Promise<number> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* Store
      const started = performance.now()
      for (const batch of batches) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const writer = yield* store.writer(Features)
            yield* writer.append(batch)
            return yield* writer.finish
          }),
        )
      }
      return (performance.now() - started) / 1000
    }).pipe(Effect.provide(Store.layer(join(folder, "cache")))),
  )

/** Rates of both, one after the other, round by round. */
export const disk = async (): Promise<void> => {
  const batches = Array.from({ length: shards }, (_, shard) => batchOf(shard))
  const gigabytes = (rows * width * 4 * shards) / 1e9
  const times: Array<{ readonly bare: number; readonly stored: number }> = []
  for (let round = 0; round < rounds; round++) {
    const folder = mkdtempSync(join(tmpdir(), "engine-"))
    // In turn, as a disk may be slower just after much was written.
    const first = round % 2 === 0 ? await bare(folder, batches) : undefined
    const store = await stored(folder, batches)
    times.push({ bare: first ?? (await bare(folder, batches)), stored: store })
    remove(folder)
  }
  print(
    `${gigabytes.toFixed(2)} GB of features, medians of ${rounds} rounds`,
    ["", "GB/s"],
    [
      ["bare loop: write, sync, rename", (gigabytes / median(times.map((time) => time.bare))).toFixed(2)],
      ["store: encode, hash, write, sync, rename", (gigabytes / median(times.map((time) => time.stored))).toFixed(2)],
      ["ratio", median(times.map((time) => time.bare / time.stored)).toFixed(2)],
    ],
  )
}
