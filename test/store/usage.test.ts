import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import * as Hash from "../../src/hash/Hash.ts"
import type { Action, Output } from "../../src/store/Action.ts"
import * as Layout from "../../src/store/Layout.ts"
import { Store } from "../../src/store/Store.ts"
import { usage } from "../../src/store/usage.ts"
import { actionOf, Features, features, folders, put, runOf } from "./samples.ts"

const newFolder = folders("usage")

const of = (node: string, inputs: ReadonlyArray<string>, outputs: ReadonlyArray<Output>): Action => {
  const action = actionOf(node, outputs)
  const named = Object.fromEntries(inputs.map((name) => [name, Hash.ofText(`${node} ${name}`)]))
  return { ...action, node, parts: { ...action.parts, stage: node.replace(/\(.*/, ""), inputs: named } }
}

const sizeOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

it.effect("counts every byte once: by stage, by encoder, and what is neither", () =>
  Effect.gen(function* () {
    const layout = Layout.make(newFolder())
    yield* Effect.gen(function* () {
      const store = yield* Store
      const output = (factor: number) => put(Features, [features(10, factor)])
      const [hog, gabor, shared, pixels] = [yield* output(1), yield* output(2), yield* output(3), yield* output(4)]
      const loose = yield* output(5)
      yield* store.record(of("hog", [], []))
      yield* store.record(of("extract(hog, train)", ["encoder", "pixels"], [hog]))
      yield* store.record(of("fitProbe(hog, train; rate=0.1)", ["features"], [shared]))
      yield* store.record(of("extract(onnx small, train)", ["encoder", "pixels"], [gabor, shared]))
      yield* store.record(of("preprocess(train)", ["images"], [pixels]))
      yield* store.saveRun(runOf("2026-11-20T09:00:00.000Z"))
      yield* store.memo.save("n", new Uint8Array(50))
      mkdirSync(layout.aside)
      writeFileSync(join(layout.aside, "x1"), Buffer.alloc(77))
      writeFileSync(join(layout.root, "notes.txt"), Buffer.alloc(13))

      const used = yield* usage(layout, "encoder")
      expect(used.bytes).toBe(sizeOf(layout.root))
      const sum = (all: ReadonlyArray<{ readonly bytes: number }>) => all.reduce((total, { bytes }) => total + bytes, 0)
      expect(sum(used.stages) + used.loose.bytes + sum(used.rest)).toBe(used.bytes)

      const shares = (all: typeof used.stages) =>
        Object.fromEntries(all.map(({ actions, artifacts, name }) => [name, [actions, artifacts]]))
      expect(shares(used.stages)).toEqual({
        hog: [1, 0],
        extract: [2, expect.any(Number)],
        fitProbe: [1, expect.any(Number)],
        preprocess: [1, 1],
      })
      expect(used.stages.reduce((total, { artifacts }) => total + artifacts, 0)).toBe(4)
      expect(Object.keys(shares(used.subjects)).sort()).toEqual(["hog", "onnx small"])
      expect(shares(used.subjects)["hog"]?.[0]).toBe(3)
      expect(used.stages.map(({ bytes }) => bytes)).toEqual(
        used.stages.map(({ bytes }) => bytes).toSorted((a, b) => b - a),
      )
      expect(used.loose).toMatchObject({ files: 1, bytes: loose.table.bytes })
      const rest = Object.fromEntries(used.rest.map(({ files, name }) => [name, files]))
      expect(rest).toMatchObject({ aside: 1, runs: 1, memo: 1, live: 1, pins: 0, tmp: 0, "other files": 2 })
      expect(used.rest.find(({ name }) => name === "other files")?.bytes).toBe(13 + 2)
    }).pipe(Effect.provide(Store.layer(layout.root)))
  }),
)

it.effect("is nothing where there is no store", () =>
  Effect.map(usage(Layout.make(newFolder()), "encoder"), (used) => {
    expect(used).toMatchObject({ bytes: 0, stages: [], subjects: [] })
  }),
)
