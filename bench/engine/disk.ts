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

type Features = ReturnType<typeof batchOf>

/** A shard into a file of its own, synced, then under its name, as the store does. */
const bare = async (folder: string, { features }: Features, name: string): Promise<void> => {
  const handle = await open(join(folder, "new"), "wx")
  await handle.write(new Uint8Array(features.data.buffer))
  await handle.sync()
  await handle.close()
  await rename(join(folder, "new"), join(folder, name))
}

const stored = (batch: Features) =>
  Effect.scoped(
    Effect.gen(function* () {
      const writer = yield* Effect.flatMap(Store, (store) => store.writer(Features))
      yield* writer.append(batch)
      return yield* writer.finish
    }),
  )

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const started = performance.now()
    yield* effect
    return (performance.now() - started) / 1000
  })

/** Seconds of both for all shards. They take turns shard by shard, as a disk slows down when much was written. */
const round = (folder: string, batches: ReadonlyArray<Features>) =>
  Effect.gen(function* () {
    const seconds = { bare: 0, stored: 0 }
    for (const [i, batch] of batches.entries()) {
      const alone = Effect.map(
        timed(Effect.promise(() => bare(folder, batch, `${i}`))),
        (s) => void (seconds.bare += s),
      )
      const ours = Effect.map(timed(stored(batch)), (s) => void (seconds.stored += s))
      yield* Effect.all(i % 2 === 0 ? [alone, ours] : [ours, alone])
    }
    return seconds
  }).pipe(Effect.provide(Store.layer(join(folder, "cache"))))

/** Rates of both. */
export const disk = async (): Promise<void> => {
  const batches = Array.from({ length: shards }, (_, shard) => batchOf(shard))
  const gigabytes = (rows * width * 4 * shards) / 1e9
  const times: Array<{ readonly bare: number; readonly stored: number }> = []
  for (let n = 0; n < rounds; n++) {
    const folder = mkdtempSync(join(tmpdir(), "engine-"))
    times.push(await Effect.runPromise(round(folder, batches)))
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
