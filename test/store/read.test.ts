/** What a reader finds when others remove files beside it. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { rmSync } from "node:fs"
import { expect } from "vitest"
import type { ArtifactRef, Output } from "../../src/store/Action.ts"
import * as Artifacts from "../../src/store/Artifacts.ts"
import * as Layout from "../../src/store/Layout.ts"
import { read } from "../../src/store/read.ts"
import { Store } from "../../src/store/Store.ts"
import { Features, features, folders, Manifest, manifest, put } from "./samples.ts"

const newFolder = folders("read")

/** The artifacts of a store from which one vanishes right after it was found sound. */
const losing = (layout: Layout.Layout, { hash }: ArtifactRef) =>
  Effect.map(Artifacts.make(layout), (artifacts): Artifacts.Artifacts => ({
    ...artifacts,
    verify: (ref) => Effect.tap(artifacts.verify(ref), (file) => Effect.sync(() => ref.hash === hash && rmSync(file))),
  }))

it.effect("an artifact that vanishes before it is opened is one to compute again", () =>
  Effect.gen(function* () {
    const layout = Layout.make(newFolder())
    const lost = Effect.fnUntraced(function* (
      table: typeof Features | typeof Manifest,
      output: Output,
      ref: ArtifactRef,
    ) {
      const artifacts = yield* losing(layout, ref)
      const error = yield* Effect.flip(
        Effect.scoped(
          Stream.runDrain(
            read(
              artifacts,
              Effect.promise(() => import("../../src/arrow/Ipc.ts")),
              table,
              output,
            ),
          ),
        ),
      )
      const file = layout.artifact(ref.hash)
      expect(error).toMatchObject({ _tag: "StoreError", kind: "damaged", hash: ref.hash, file })
      expect(error.message).toBe(`${file} is missing`)
      expect(error.hint).toBe("run again: it is computed anew")
    })
    yield* Effect.gen(function* () {
      const plain = yield* put(Features, [features(3)])
      yield* lost(Features, plain, plain.table)
      const both = yield* put(Manifest, [manifest(3)])
      yield* lost(Manifest, both, both.table)
      const again = yield* put(Manifest, [manifest(3)])
      if (again.aside === undefined) throw new Error("the manifest has no companion")
      yield* lost(Manifest, again, again.aside)
    }).pipe(Effect.provide(Store.layer(layout.root)))
  }),
)
