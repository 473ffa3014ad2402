/**
 * Seconds to import a full-size ResNet-50 (25.6 million weights, 102 MB) from a
 * checkpoint that is made on the spot: two encoders in one safetensors file, as
 * MoCo keeps them. Timed from the file's name to the bytes of the ONNX model.
 * Run it with `npx tsx bench/checkpoint.ts`; it fails where the median is 5 s or more.
 */
import * as Effect from "effect/Effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkpoint } from "../stages/sources/checkpoint.ts"
import { runWhole, services } from "../test/harness.ts"
import { writeResnet50 } from "../test/stages/checkpoints/resnet50.ts"

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const folder = await mkdtemp(join(tmpdir(), "checkpoint-"))
try {
  const file = join(folder, "moco.safetensors")
  await writeResnet50(file, ["module.encoder_q.", "module.encoder_k."])
  const seconds: Array<number> = []
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    const { onnx } = await Effect.runPromise(
      runWhole(checkpoint, {}, { file }).pipe(Effect.scoped, Effect.provide(services())),
    )
    seconds.push((performance.now() - start) / 1000)
    if (i === 0) console.log(`${((onnx[0]?.length ?? 0) / 1e6).toFixed(0)} MB of ONNX from two encoders in one file`)
  }
  const found = median(seconds)
  console.log(
    `${found.toFixed(2)} s (median of 5; ${seconds.map((value) => value.toFixed(2)).join(", ")}), 5 s allowed`,
  )
  if (found >= 5) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true })
}
