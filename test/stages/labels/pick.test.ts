import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Node from "../../../src/dsl/Node.ts"
import { pick } from "../../../stages/labels/pick.ts"
import { relabel } from "../../../stages/labels/relabel.ts"
import { subset } from "../../../stages/labels/subset.ts"
import { folderLabels } from "../../../stages/sources/folderLabels.ts"
import { imageFolder } from "../../../stages/sources/imageFolder.ts"
import { labelsJson } from "../../../stages/sources/labelsJson.ts"
import { Labels, Manifest } from "../../../stages/tables.ts"
import { readerOf, runWhole, services, type StageTo } from "../../harness.ts"

const set = imageFolder({ dir: "images" })
const labels = folderLabels(set.manifest)

const manifest = (ids: ReadonlyArray<string>) => ({
  id: ids,
  hash: ids.map((id) => `hash of ${id}`),
  bytes: Float64Array.from(ids, (_, i) => i),
  path: ids.map((id) => `/data/${id}`),
  offset: Float64Array.from(ids, (_, i) => 100 * i),
})

describe("pick", () => {
  const picked = pick(set, subset(labels, { images: 2 }))

  it.effect("keeps the images that have a label, in their order, with where they lie", () =>
    Effect.gen(function* () {
      const stage = picked.manifest.stage as StageTo<typeof Manifest>
      const inputs = (owned: ReadonlyArray<ReadonlyArray<number>>) => ({
        manifest: readerOf(Manifest, manifest(["a", "b", "c", "d"]), 3),
        labels: readerOf(Labels, { id: ["d", "c", "b", "a"], labels: owned.map((own) => Int32Array.from(own)) }, 3),
      })
      const made = yield* runWhole(stage, inputs([[3], [], [1, 2], []]))
      expect(made).toEqual({
        id: ["b", "d"],
        hash: ["hash of b", "hash of d"],
        bytes: Float64Array.of(1, 3),
        path: ["/data/b", "/data/d"],
        offset: Float64Array.of(100, 300),
      })
      const none = yield* Effect.flip(runWhole(stage, inputs([[], [], [], []])))
      expect(none.message).toBe("none of the 4 images has a label (0 ids have one)")
    }).pipe(Effect.provide(services())),
  )

  it("reads from the picked manifest, not from the set's", () => {
    expect(Node.edges(picked.images)).toEqual([["manifest", picked.manifest]])
    expect(picked.manifest).not.toBe(set.manifest)
  })
})

describe("relabel", () => {
  it("shares the images: another set of labels decodes nothing again", () => {
    const real = relabel({ ...set, labels }, labelsJson({ file: "real.json", ids: "val_{i+1:08d}" }))
    expect(real.images).toBe(set.images)
    expect(real.labels).not.toBe(labels)
    expect(Node.edges(real.labels).map(([input, { stage }]) => `${input} ${stage.name}`)).toEqual([
      "manifest files",
      "labels labelsJson",
    ])
  })
})
