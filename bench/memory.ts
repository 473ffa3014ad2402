/**
 * The most memory that a run takes for a data set of any size: 200,000 images
 * of 64 x 64 pixels, made up on the way, written shard by shard, and run
 * through `extract`. Run it with `npx tsx bench/memory.ts [IMAGES]`; it needs
 * 13 kB of disk an image, and leaves nothing behind.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { make } from "../src/dsl/Pipeline.ts"
import { whole } from "../src/dsl/Stage.ts"
import { layer } from "../src/run/Engine.ts"
import type { Event } from "../src/run/Event.ts"
import { run } from "../src/run/Run.ts"
import { extract } from "../stages/extract.ts"
import { tinyImage } from "../stages/miniature/encoders/tinyImage.ts"
import { Pixels } from "../stages/tables.ts"

const count = Number(process.argv[2] ?? 200_000)
const side = 64
const most = 1.5e9

const noise = whole("noise", {
  module: import.meta,
  version: "1",
  params: Schema.Struct({ images: Schema.Int }),
  inputs: {},
  output: Pixels,
  run: (_, { images }) => {
    const rows = 64
    const bytes = side * side * 3
    const batch = (at: number) => {
      const length = Math.min(rows, images - at)
      const data = new Uint8Array(length * bytes)
      let state = at + 1
      const words = new Uint32Array(data.buffer)
      for (let i = 0; i < words.length; i++) words[i] = state = Math.imul(state, 1664525) + 1013904223
      return { id: Array.from({ length }, (_, i) => `image-${at + i}`), pixels: { shape: [side, side, 3], data } }
    }
    // An effect a batch: `Stream.map` would make all batches of a range at once.
    const batches = Stream.range(0, Math.ceil(images / rows) - 1)
    return Effect.succeed(Stream.mapEffect(batches, (i) => Effect.sync(() => batch(i * rows))))
  },
})

const pixels = noise({ images: count })
const pipeline = make(import.meta, "memory", { features: extract({ encoder: tinyImage({ side }), pixels }) })

const cache = mkdtempSync(join(tmpdir(), "rankshift-memory-"))
const engine = layer({ cache, directory: cache }).pipe(
  Layer.provideMerge(Layer.merge(NodeFileSystem.layer, NodePath.layer)),
)
const options = { targets: [], force: [], keepGoing: false, jobs: 2, pixelBudget: undefined }

const shown = (event: Event): string | undefined => {
  if (event.event === "failed") return `${event.node} failed: ${event.message}`
  if (event.event !== "finished") return undefined
  return `${event.node}: ${event.rows} rows, ${(event.bytes / 1e6).toFixed(0)} MB, ${event.shards.executed} units, ${event.seconds.toFixed(1)} s`
}

const measure = run(pipeline, options).pipe(
  Stream.runForEach((event) => {
    const line = shown(event)
    return line === undefined ? Effect.void : Effect.sync(() => console.log(line))
  }),
  Effect.ensuring(Effect.sync(() => rmSync(cache, { recursive: true, force: true }))),
)

const started = performance.now()
await Effect.runPromise(Effect.provide(measure, engine))
const seconds = (performance.now() - started) / 1000
const peak = process.resourceUsage().maxRSS * 1024
console.log(
  `${count} images in ${seconds.toFixed(0)} s (${Math.round(count / seconds)} a second): ` +
    `${(peak / 1e6).toFixed(0)} MB of memory at most, of ${most / 1e6} MB`,
)
if (peak > most) process.exitCode = 1
