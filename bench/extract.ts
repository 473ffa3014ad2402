/**
 * Images a second of `extract` beside a bare loop of onnxruntime over the same
 * batches, for networks of the sizes of ResNet-20 (32 x 32) and ResNet-50
 * (224 x 224). Run it with `npx tsx bench/extract.ts`, on a machine that does nothing else.
 *
 * The loop is the fastest plain one: its tensors are made beforehand, as float32
 * in the model's own layout, and onnxruntime chooses its threads. `extract` is
 * driven as a run drives it, with a batch in flight for each core, and does
 * what the loop is spared: bytes to float32, NHWC to NCHW, mean and std, the
 * check for NaN. Both walk in turns; a ratio is of the two neighbours in time.
 */
import * as Effect from "effect/Effect"
import ort from "onnxruntime-node"
import { availableParallelism } from "node:os"
import type { Batch } from "../src/arrow/Table.ts"
import { extract } from "../stages/extract.ts"
import { Encoder, type Pixels } from "../stages/tables.ts"
import { openRows, readerOf, services } from "../test/harness.ts"
import { resnet20, resnet50 } from "./resnet.ts"

const rows = 64
const cores = availableParallelism()
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

const batchOf = (side: number): Batch<typeof Pixels> => ({
  id: Array.from({ length: rows }, (_, i) => `${i}`),
  pixels: {
    shape: [side, side, 3],
    data: Uint8Array.from({ length: rows * side * side * 3 }, (_, i) => (i * 2654435761) >>> 24),
  },
})

const seconds = Effect.fnUntraced(function* <A, E, R>(work: Effect.Effect<A, E, R>) {
  const start = performance.now()
  yield* work
  return (performance.now() - start) / 1000
})

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const bareLoop = Effect.fnUntraced(function* (onnx: Uint8Array, side: number) {
  const session = yield* Effect.acquireRelease(
    Effect.promise(() => ort.InferenceSession.create(onnx)),
    (session) => Effect.promise(() => session.release()),
  )
  const input = new ort.Tensor("float32", new Float32Array(rows * 3 * side * side).fill(0.5), [rows, 3, side, side])
  return (batches: number) =>
    Effect.promise(async () => {
      for (let i = 0; i < batches; i++) await session.run({ input })
    })
})

const stageLoop = Effect.fnUntraced(function* (onnx: Uint8Array, side: number) {
  const step = yield* openRows(extract, { encoder: readerOf(Encoder, { onnx: [onnx] }) }, imagenet)
  const batch = batchOf(side)
  return (batches: number) =>
    Effect.forEach(Array.from({ length: batches }), () => step(batch), { concurrency: cores, discard: true })
})

const compare = Effect.fnUntraced(function* (
  name: string,
  onnx: Uint8Array,
  { batches, rounds, side }: { readonly side: number; readonly batches: number; readonly rounds: number },
) {
  const bare = yield* bareLoop(onnx, side)
  const stage = yield* stageLoop(onnx, side)
  yield* bare(1)
  yield* stage(cores)
  const measured: Array<{ readonly bare: number; readonly stage: number }> = []
  for (let round = 0; round < rounds; round++) {
    const bareSeconds = yield* seconds(bare(batches))
    const stageSeconds = yield* seconds(stage(batches))
    measured.push({ bare: (batches * rows) / bareSeconds, stage: (batches * rows) / stageSeconds })
  }
  const [bareAll, stageAll] = [measured.map((round) => round.bare), measured.map((round) => round.stage)]
  const ratios = measured.map((round) => round.stage / round.bare)
  const best = (values: ReadonlyArray<number>) => values.reduce((most, x) => Math.max(most, x))
  const line = [
    name.padEnd(18),
    `bare ${median(bareAll).toFixed(1)} (best ${best(bareAll).toFixed(1)}) img/s`,
    `extract ${median(stageAll).toFixed(1)} (best ${best(stageAll).toFixed(1)}) img/s`,
    `ratio ${median(ratios).toFixed(3)} (of the best ${(best(stageAll) / best(bareAll)).toFixed(3)})`,
    `memory ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  ]
  console.log(line.join("   "))
}, Effect.scoped)

const main = Effect.gen(function* () {
  console.log(`${cores} cores, batches of ${rows}; medians of rounds in turn, and the best round of each`)
  yield* compare("resnet-20, 32 px", yield* resnet20(), { side: 32, batches: 48, rounds: 15 })
  yield* compare("resnet-50, 224 px", yield* resnet50(), { side: 224, batches: cores, rounds: 6 })
})

await Effect.runPromise(Effect.provide(main, services({ cores })))
