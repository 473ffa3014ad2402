/** How long planning takes, and that it grows with the pipeline, not with its square. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Node } from "../../src/dsl/Node.ts"
import { plan } from "../../src/plan/Plan.ts"
import { folder, onDisk, pipeline, runAll, summaryOf, write } from "../run/engine.ts"
import { upTo } from "../run/lab.ts"
import * as toys from "../run/toys.ts"

const calls: Array<toys.Call> = []
const stages = toys.make(calls)

/** A benchmark's shape: some sets, many models, each set through each model, scores, one table. */
const benchmark = (dir: string, models: number, sets: number): Readonly<Record<string, Node>> => {
  const images = Array.from({ length: sets }, (_, i) => {
    const file = join(dir, `set${i}`)
    write(file, upTo(4))
    const decoded = stages.each.never(stages.source({ as: `set${i}`, file }), { as: "decode", add: 0, div: 1 })
    return stages.each.budget(decoded, { as: "crop", add: 0, div: 1 })
  })
  const scores = Array.from({ length: models }, (_, model) =>
    images.map((pixels) => {
      const features = stages.batches.always(pixels, { as: "extract", add: model, div: 1 })
      const predictions = stages.each.always(features, { as: "predict", add: 1, div: 1 })
      return stages.keep(stages.each.never(predictions, { as: "score", add: 0, div: 1 }), {
        as: "keep",
        add: 0,
        div: 2,
      })
    }),
  )
  return { table: stages.total(scores.flat(), { as: "table", add: 0, div: 1 }) }
}

/** One store for several plans, as in one process; the first plan pays for what is loaded once. */
const timed = Effect.fnUntraced(function* (cache: string, targets: Readonly<Record<string, Node>>) {
  const scope = yield* Scope.make()
  const started = performance.now()
  const planned = yield* plan(pipeline(targets)).pipe(
    Effect.provide(onDisk(cache)),
    Effect.provideService(Scope.Scope, scope),
  )
  const took = performance.now() - started
  yield* Scope.close(scope, Exit.void)
  return { took, nodes: planned.nodes.length, states: new Set(planned.nodes.map(({ state }) => state._tag)) }
})

const ms = (time: number) => `${time.toFixed(0)} ms`

it.live("planning a fresh pipeline of 1,000 and of 10,000 nodes", () =>
  Effect.gen(function* () {
    const dir = yield* folder
    yield* timed(join(dir, "warm"), benchmark(dir, 2, 2))
    const sizes = [
      yield* timed(join(dir, "a"), benchmark(dir, 50, 5)),
      yield* timed(join(dir, "b"), benchmark(dir, 500, 5)),
    ]
    for (const { nodes, took } of sizes) console.log(`plan of ${nodes} fresh nodes: ${ms(took)}`)
    const [small, large] = sizes
    expect(small?.nodes).toBeGreaterThan(1000)
    expect(large?.nodes).toBeGreaterThan(10_000)
    expect(small?.took).toBeLessThan(1000)
    expect(large?.took).toBeLessThan(10_000)
  }),
)

it.live("planning 1,000 nodes that have all been computed, and running them again", () =>
  Effect.gen(function* () {
    const dir = yield* folder
    const targets = benchmark(dir, 50, 5)
    const cache = join(dir, "cache")
    const first = yield* Effect.provide(runAll(pipeline(targets)), onDisk(cache))
    const { nodes, states, took } = yield* timed(cache, targets)
    expect([...states].sort()).toEqual(["fresh", "streamed"])
    const started = performance.now()
    const again = summaryOf(yield* Effect.provide(runAll(pipeline(targets)), onDisk(cache)))
    const rerun = performance.now() - started
    console.log(
      `first run of ${nodes} nodes: ${summaryOf(first).seconds.toFixed(1)} s for ${summaryOf(first).shards.executed} shards; ` +
        `plan: ${ms(took)}; run that does nothing: ${ms(rerun)}`,
    )
    expect(again).toMatchObject({ executed: 0, cached: nodes })
    expect(took).toBeLessThan(3000)
    expect(rerun).toBeLessThan(5000)
  }),
)

it.live("planning 1,000 nodes of stages that are known by their code", () =>
  Effect.gen(function* () {
    const dir = yield* folder
    const root = join(import.meta.dirname, "../../stages")
    const { decode } = yield* Effect.promise(() => import("../../stages/decode.ts"))
    const { preprocess } = yield* Effect.promise(() => import("../../stages/preprocess.ts"))
    const { imageFolder } = yield* Effect.promise(() => import("../../stages/sources/imageFolder.ts"))
    writeFileSync(join(dir, "x.png"), "not read")
    const targets = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => {
        const images = imageFolder({ dir }).images
        return [`t${i}`, preprocess(decode(images), { resize: 32 + i, crop: 32 })]
      }),
    )
    const { nodes, took } = yield* timed(join(dir, "cache"), targets)
    console.log(`plan of ${nodes} nodes over stages in ${root}: ${ms(took)}`)
    expect(took).toBeLessThan(2000)
  }),
)
