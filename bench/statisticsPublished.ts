/**
 * Seconds for everything that is said of many published models, from a CSV file
 * to the last table on disk, stage by stage.
 * Run: `npx tsx bench/statisticsPublished.ts [models] [sets] [resamples]`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { make } from "../src/dsl/Pipeline.ts"
import { layer } from "../src/run/Engine.ts"
import { run } from "../src/run/Run.ts"
import { aggregate } from "../stages/aggregate.ts"
import { random } from "../stages/random.ts"
import { publishedScores } from "../stages/sources/publishedScores.ts"
import { publishedLottery } from "../stages/statistics/lottery.ts"

const models = Number(process.argv[2] ?? 1500)
const sets = Number(process.argv[3] ?? 6)
const resamples = process.argv[4] === undefined ? {} : { resamples: Number(process.argv[4]) }

const directory = mkdtempSync(join(tmpdir(), "rankshift-bench-"))
const file = join(directory, "published.csv")
const names = Array.from({ length: sets }, (_, set) => `set${set + 1}`)

// Good models are good everywhere, more or less, as far as one decimal tells.
const { normal } = random("published")
const rows = Array.from({ length: models }, (_, model) => {
  const skill = normal()
  const cells = names.map((_, set) => {
    const logit = 1 - 0.5 * set + 0.8 * skill + 0.3 * normal()
    return (100 / (1 + Math.exp(-logit))).toFixed(1)
  })
  return [`model ${model}`, ...cells].join(",")
})
writeFileSync(file, [["model", ...names].join(","), ...rows, ""].join("\n"))

const scores = publishedScores({
  file,
  images: Object.fromEntries(names.map((set, at) => [set, at === 0 ? 50_000 : 10_000])),
})
const pipeline = make({ url: import.meta.url }, "published", {
  table: aggregate([scores], { reference: "set1" }),
  ...publishedLottery({ scores: [scores], reference: "set1", ...resamples }),
})

const engine = layer({ cache: join(directory, "cache"), directory }).pipe(
  Layer.provideMerge(Layer.merge(NodeFileSystem.layer, NodePath.layer)),
)
const options = { targets: [], force: [], keepGoing: false, jobs: availableParallelism(), pixelBudget: 0 }
const started = new Map<string, number>()
const start = performance.now()
const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(2).padStart(6)

console.log(`${models} models on ${sets} sets`)
await Effect.runPromise(
  Stream.runForEach(run(pipeline, options), (event) =>
    Effect.sync(() => {
      if (event.event === "started") started.set(event.node, performance.now())
      if (event.event === "finished") console.log(`${seconds(started.get(event.node) ?? start)} s  ${event.node}`)
      if (event.event === "failed") console.log(`failed    ${event.node}: ${event.message}`)
    }),
  ).pipe(Effect.provide(engine), Effect.ensuring(Effect.sync(() => rmSync(directory, { recursive: true })))),
)
const memory = process.resourceUsage().maxRSS / 1024
const { system, user } = process.cpuUsage()
console.log(
  `${seconds(start)} s  in all, ${((system + user) / 1e6).toFixed(1)} s of processors, at most ${memory.toFixed(0)} MB`,
)
