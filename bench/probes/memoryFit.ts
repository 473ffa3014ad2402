/** Fits one probe on drawn features that are made shard by shard, and prints the most memory that the process had, in GB. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Batch } from "../../src/arrow/Table.ts"
import type { Reader } from "../../src/dsl/Stage.ts"
import { neighbours } from "../../stages/neighbours.ts"
import { protocols } from "../../stages/fitProbe.ts"
import { random } from "../../stages/random.ts"
import { Features, Labels } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../../test/harness.ts"

const Case = Schema.fromJsonString(
  Schema.Struct({
    protocol: Schema.Literals(["linear/cole", "ridge", "knn/dino"]),
    rows: Schema.Int,
    width: Schema.Int,
    classes: Schema.Int,
    memory: Schema.Finite,
    params: Schema.Record(Schema.String, Schema.Json),
  }),
)
const { classes, memory, params, protocol, rows, width } = Schema.decodeUnknownSync(Case)(process.argv[2])

const shardRows = 2048
const batchRows = 64
const noise = Float32Array.from({ length: 1 << 20 }, random("memory").next)

const batch = (start: number, count: number): Batch<typeof Features> => {
  const data = new Float32Array(count * width)
  const from = (start * 7919) % (noise.length - width)
  for (let row = 0; row < count; row++) {
    data.set(noise.subarray((from + row * 31) % (noise.length - width)).subarray(0, width), row * width)
  }
  return { id: Array.from({ length: count }, (_, i) => `${start + i}`), features: { shape: [width], data } }
}

/** As the engine reads features: from shards, never all at once. */
const drawn = (total: number): Reader<typeof Features> => {
  const shards = Array.from({ length: Math.ceil(total / shardRows) }, (_, i) => {
    const [from, to] = [i * shardRows, Math.min(total, (i + 1) * shardRows)]
    const starts = Array.from({ length: Math.ceil((to - from) / batchRows) }, (__, at) => from + at * batchRows)
    return {
      rows: to - from,
      batches: Stream.map(Stream.fromIterable(starts), (start) => batch(start, Math.min(batchRows, to - start))),
    }
  })
  const batches = Stream.flatMap(Stream.fromIterable(shards), (shard) => shard.batches)
  return { rows: total, shards, batches, all: Effect.die("all of them at once are not asked for") }
}

const labels = readerOf(Labels, {
  id: Array.from({ length: rows }, (_, i) => `${i}`),
  labels: Array.from({ length: rows }, (_, i) => Int32Array.of(i % classes)),
})

const work = Effect.gen(function* () {
  if (protocol === "knn/dino") {
    const search = { metric: "cosine", depth: 20, memory }
    yield* runWhole(neighbours, { features: drawn(2000), training: drawn(rows), labels }, search)
  } else {
    yield* runWhole(protocols[protocol], { features: drawn(rows), labels }, { protocol, memory, ...params })
  }
})
await Effect.runPromise(work.pipe(Effect.scoped, Effect.provide(services())))
console.log(process.resourceUsage().maxRSS / 1e6)
