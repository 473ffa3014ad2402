/** One image more in a folder of 10,000, seen through subsets: how much is computed again. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { type Node, named } from "../../src/dsl/Node.ts"
import { each } from "../../src/dsl/Stage.ts"
import { layer as engineLayer } from "../../src/run/Engine.ts"
import { Rule } from "../../src/run/Shards.ts"
import { concat } from "../../stages/concat.ts"
import { classLimited } from "../../stages/labels/classLimited.ts"
import { fewShot } from "../../stages/labels/fewShot.ts"
import { pick } from "../../stages/labels/pick.ts"
import { subset } from "../../stages/labels/subset.ts"
import { folderLabels } from "../../stages/sources/folderLabels.ts"
import { imageFolder } from "../../stages/sources/imageFolder.ts"
import { Features, Images, type Labels } from "../../stages/tables.ts"
import { folder, only, pipeline, runAll } from "../run/engine.ts"

const classes = 20
const perClass = 500
const idOf = (label: number, index: number) => `${String(label).padStart(2, "0")}/${String(index).padStart(5, "0")}.jpg`

/** As long as the file: what stands on images, without a decoder. */
const sizes = each("sizes", {
  module: import.meta,
  params: Schema.Struct({ times: Schema.Int }),
  inputs: { images: Images },
  output: Features,
  over: "images",
  open: (_, { times }) =>
    Effect.succeed(({ bytes, id }) =>
      Effect.succeed({ id, features: { shape: [1], data: Float32Array.of(bytes.length * times) } }),
    ),
})

/** What stands on fused features. */
const after = each("after", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { features: Features },
  output: Features,
  over: "features",
  open: (_) => Effect.succeed((row) => Effect.succeed(row)),
})

const write = (dir: string, id: string) => {
  mkdirSync(dirname(join(dir, id)), { recursive: true })
  writeFileSync(join(dir, id), id)
}

type Limit = (labels: Node<typeof Labels>) => Node<typeof Labels>
const limits: Readonly<Record<string, Limit>> = {
  subset: (labels) => subset(labels, { images: 6000 }),
  "few-shot": (labels) => fewShot(labels, { shots: 300 }),
  "few classes": (labels) => classLimited(labels, { classes: 12, perClass: 400 }),
  all: (labels) => labels,
}

// Smaller shards than the engine's own, for there to be many.
const rule = { least: 96 }

it.live("one image more in a folder of 10,000 executes a shard through each subset, two at most", () =>
  Effect.gen(function* () {
    const dir = yield* folder
    for (let at = 0; at < classes * perClass; at++) write(dir, idOf(at % classes, Math.floor(at / classes)))
    const set = imageFolder({ dir })
    const targets = Object.fromEntries(
      Object.entries(limits).flatMap(([name, limit]) => {
        const { images } = pick(set, limit(folderLabels(set.manifest)))
        const features = named(sizes(images, { times: 1 }), name)
        const fused = concat([features, named(sizes(images, { times: 2 }), `${name} twice`)])
        return [
          [name, features],
          [`${name} fused`, named(after(fused), `${name} fused`)],
        ] as const
      }),
    )
    const engine = engineLayer({ cache: yield* folder, directory: dir }).pipe(
      Layer.merge(Layer.succeed(Rule, rule)),
      Layer.provideMerge(Layer.merge(NodeFileSystem.layer, NodePath.layer)),
    )
    const run = Effect.map(Effect.provide(runAll(pipeline(targets)), engine), (events) =>
      only(events, "finished")
        .filter(({ stage }) => stage === "sizes" || stage === "after")
        .map(({ node, shards }) => [node, shards.executed] as const),
    )
    const first = yield* run
    expect(first.length).toBe(3 * Object.keys(limits).length)
    for (const [, executed] of first) expect(executed).toBeGreaterThan(15)
    expect(yield* run).toEqual([])

    const counts = new Map<string, Array<number>>()
    for (let n = 0; n < 4; n++) {
      write(dir, `${String(3 + 4 * n).padStart(2, "0")}/0${n}00x.jpg`)
      for (const [node, executed] of yield* run) {
        expect(executed).toBeLessThanOrEqual(2)
        counts.set(node, [...(counts.get(node) ?? []), executed])
      }
    }
    console.log(JSON.stringify({ first: Object.fromEntries(first), again: Object.fromEntries(counts) }))
    // The set of all images has each of the four; a subset takes in some of them.
    expect(counts.get("sizes(all)")).toHaveLength(4)
    expect([...counts.keys()].some((node) => node.includes("subset"))).toBe(true)
  }),
)

const large: Readonly<Record<string, (index: number) => string>> = {
  "a flat folder of 10,000": (index) => `${String(index * 3).padStart(6, "0")}.jpg`,
  "two classes of 5,000": (index) => `${index % 2 === 0 ? "cat" : "dog"}/${String(index * 3).padStart(6, "0")}.jpg`,
}
for (const [name, idAt] of Object.entries(large)) {
  it.live(`one image more in ${name} executes a shard, two at most, with shards as large as they are`, () =>
    Effect.gen(function* () {
      const dir = yield* folder
      for (let at = 0; at < 10_000; at++) write(dir, idAt(at))
      const { images } = imageFolder({ dir })
      const fused = concat([sizes(images, { times: 1 }), sizes(images, { times: 2 })])
      const engine = engineLayer({ cache: yield* folder, directory: dir }).pipe(
        Layer.provideMerge(Layer.merge(NodeFileSystem.layer, NodePath.layer)),
      )
      const run = Effect.map(Effect.provide(runAll(pipeline({ fused: after(fused) })), engine), (events) =>
        only(events, "finished")
          .filter(({ stage }) => stage === "sizes" || stage === "after")
          .map(({ shards }) => shards.executed),
      )
      for (const executed of yield* run) expect(executed).toBeGreaterThan(3)
      const counts: Array<number> = []
      for (let n = 0; n < 6; n++) {
        write(dir, idAt(1234 + n * 1500).replace(".jpg", "+.jpg"))
        counts.push(...(yield* run))
      }
      expect(counts).toHaveLength(18)
      expect(Math.max(...counts)).toBeLessThanOrEqual(2)
      expect(counts.filter((count) => count === 1).length).toBeGreaterThan(12)
    }),
  )
}
