/** A folder of images that moves: what is picked from it is read where it is now, and nothing that stands on it runs. */
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { each } from "../../src/dsl/Stage.ts"
import { layer as engineLayer } from "../../src/run/Engine.ts"
import { pick } from "../../stages/labels/pick.ts"
import { subset } from "../../stages/labels/subset.ts"
import { folderLabels } from "../../stages/sources/folderLabels.ts"
import { imageFolder } from "../../stages/sources/imageFolder.ts"
import { listed } from "../../stages/sources/listed.ts"
import { read } from "../../stages/sources/read.ts"
import { Features, Images } from "../../stages/tables.ts"
import { folder, nodesOf, pipeline, runAll, summaryOf } from "./engine.ts"

const sizes = each("sizes", {
  module: import.meta,
  params: Schema.Struct({ of: Schema.String }),
  inputs: { images: Images },
  output: Features,
  over: "images",
  label: ({ of }) => of,
  open: (_) =>
    Effect.succeed(({ bytes, id }) =>
      Effect.succeed({ id, features: { shape: [1], data: Float32Array.of(bytes.length) } }),
    ),
})

const targets = (dir: string) => {
  const set = imageFolder({ dir })
  const labels = folderLabels(set.manifest)
  const twice = pick(pick(set, subset(labels, { images: 6 })), subset(labels, { images: 4 }))
  return {
    picked: sizes(twice.images, { of: "picked" }),
    listed: sizes(read(listed({ manifest: set.manifest, labels })), { of: "listed" }),
    all: sizes(set.images, { of: "all" }),
  }
}

it.live("a folder that is moved or copied is listed again, and no more", () =>
  Effect.gen(function* () {
    const dir = yield* folder
    for (const label of ["a", "b"]) {
      mkdirSync(join(dir, "old", label), { recursive: true })
      for (let i = 0; i < 5; i++) writeFileSync(join(dir, "old", label, `${i}.jpg`), `${label} ${"x".repeat(i)}`)
    }
    const engine = engineLayer({ cache: join(dir, "cache"), directory: dir }).pipe(
      Layer.provideMerge(Layer.merge(NodeFileSystem.layer, NodePath.layer)),
    )
    const run = (name: string, force: ReadonlyArray<string> = []) =>
      Effect.provide(runAll(pipeline(targets(name)), { force }), engine)
    const stages = (events: Parameters<typeof nodesOf>[0]) =>
      [...new Set(nodesOf(events, "finished").map((node) => node.replace(/\(.*/u, "")))].sort()

    expect(stages(yield* run("old"))).toEqual(["files", "folderLabels", "listed", "pick", "read", "sizes", "subset"])
    expect(stages(yield* run("old"))).toEqual([])

    renameSync(join(dir, "old"), join(dir, "new"))
    expect(stages(yield* run("new"))).toEqual(["files", "listed", "pick"])
    // All of it is read again, from where the images lie now.
    const forced = yield* run("new", ["picked", "listed", "all"])
    expect(summaryOf(forced)).toMatchObject({ failed: 0 })
    expect(nodesOf(forced, "finished").filter((node) => node.startsWith("sizes"))).toHaveLength(3)

    cpSync(join(dir, "new"), join(dir, "copy"), { recursive: true })
    rmSync(join(dir, "new"), { recursive: true })
    expect(stages(yield* run("copy"))).toEqual(["files", "listed", "pick"])
    expect(nodesOf(yield* run("copy", ["picked", "listed", "all"]), "failed")).toEqual([])
    expect(stages(yield* run("copy"))).toEqual([])
  }),
)
