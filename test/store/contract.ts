/** What every store has to do, whatever it is made of. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { describe, expect } from "vitest"
import * as Batch from "../../src/arrow/Batch.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { Store } from "../../src/store/Store.ts"
import { draw, Drawn, rowsOf } from "../arrow/random.ts"
import { actionOf, Features, features, folders, get, Manifest, manifest, put, runOf } from "./samples.ts"

/** Runs the suite against a store; `layer` opens the one in a folder, again if it is called again. */
export const contract = (name: string, layer: (root: string) => Layer.Layer<Store>) => {
  const newFolder = folders("contract")
  const inNew = <A, E>(effect: Effect.Effect<A, E, Store>) =>
    Effect.suspend(() => Effect.provide(effect, layer(newFolder())))

  describe(`${name}`, () => {
    it.effect.prop(
      "gives back the rows that were written, those aside too",
      { drawn: Drawn },
      ({ drawn }) =>
        Effect.gen(function* () {
          const { batches, table: plain } = draw(drawn)
          const names = Object.keys(plain.columns).filter((name) => name !== "id")
          const table = { ...plain, aside: names.filter((_, i) => (drawn.seed >> i) % 2 === 1) }
          const output = yield* put(table, batches)
          expect(output.table.rows).toBe(drawn.rows.reduce((a, b) => a + b, 0))
          expect("aside" in output).toBe(table.aside.length > 0)
          const read = yield* get(table, output)
          expect(rowsOf(table, read)).toEqual(rowsOf(table, batches))
          for (const batch of read) expect(Object.keys(batch)).toEqual(Object.keys(table.columns))
        }).pipe(inNew),
      { arbitrary: { runs: 40 } },
    )

    it.effect("names artifacts by their content", () =>
      Effect.gen(function* () {
        const one = yield* put(Features, [features(5)])
        expect(Hash.isHash(one.table.hash)).toBe(true)
        expect(yield* put(Features, [features(5)])).toEqual(one)
        expect((yield* put(Features, [features(5, 2)])).table.hash).not.toBe(one.table.hash)
        expect((yield* put(Features, [features(6)])).table.hash).not.toBe(one.table.hash)
      }).pipe(inNew),
    )

    it.effect("keeps what is aside out of the name", () =>
      Effect.gen(function* () {
        const here = yield* put(Manifest, [manifest(5, "/here")])
        const there = yield* put(Manifest, [manifest(5, "/there")])
        expect(there.table).toEqual(here.table)
        expect(there.aside?.hash).not.toBe(here.aside?.hash)
        expect((yield* get(Manifest, there))[0]?.path[4]).toBe("/there/4.jpeg")
        expect((yield* get(Manifest, here))[0]?.path[4]).toBe("/here/4.jpeg")
      }).pipe(inNew),
    )

    it.effect("gives one batch without rows where there are none", () =>
      Effect.gen(function* () {
        const none = { id: [], features: { shape: [8], data: new Float32Array() } }
        const output = yield* put(Features, [none])
        expect(output.table.rows).toBe(0)
        expect(yield* get(Features, output)).toEqual([none])
        const empty = yield* put(Manifest, [])
        expect(yield* get(Manifest, empty)).toEqual([Batch.fromRows(Manifest, [])])
      }).pipe(inNew),
    )

    it.effect("shows nothing before it is finished, and keeps nothing that is not", () =>
      Effect.gen(function* () {
        const { root } = yield* Store
        const { table } = yield* Effect.provide(put(Features, [features(5)]), layer(newFolder()))
        const check = Effect.flatMap(Store, (store) => store.check(table))
        yield* Effect.scoped(
          Effect.gen(function* () {
            const writer = yield* Effect.flatMap(Store, (store) => store.writer(Features))
            yield* writer.append(features(5))
            expect(yield* check).toBe("absent")
          }),
        )
        expect(yield* check).toBe("absent")
        expect(yield* Effect.provide(check, layer(root))).toBe("absent")
        expect((yield* put(Features, [features(5)])).table).toEqual(table)
        expect(yield* check).toBe("present")
      }).pipe(inNew),
    )

    it.effect("lets two write the same at the same time", () =>
      Effect.gen(function* () {
        const { root } = yield* Store
        const batches = Array.from({ length: 20 }, (_, i) => features(20, i))
        const ours = put(Features, batches)
        const theirs = Effect.provide(put(Features, batches), layer(root))
        const [one, two, three] = yield* Effect.all([ours, ours, theirs], { concurrency: 3 })
        expect(two).toEqual(one)
        expect(three).toEqual(one)
        expect(yield* get(Features, one)).toEqual(batches)
      }).pipe(inNew),
    )

    it.effect("says that an artifact is missing, and which", () =>
      Effect.gen(function* () {
        const store = yield* Store
        const table = { hash: Hash.ofText("nothing"), rows: 3, bytes: 100 }
        expect(yield* store.check(table)).toBe("absent")
        const error = yield* Effect.flip(get(Features, { table }))
        expect(error).toMatchObject({ _tag: "StoreError", kind: "damaged", hash: table.hash })
      }).pipe(inNew),
    )

    it.effect("refuses batches that do not fit their table", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(put(Features, [{ ...features(3), id: ["only one"] }]))
        expect(error).toMatchObject({ _tag: "StoreError", kind: "io" })
        expect(error.message).toContain("features.features: 3 rows where id has 1")
      }).pipe(inNew),
    )

    it.effect("remembers actions by their key, the last one each", () =>
      Effect.gen(function* () {
        const store = yield* Store
        const output = yield* put(Manifest, [manifest(3)])
        const action = actionOf("a", [output, { ...output, skipped: output.table }])
        expect(yield* store.action(action.key)).toBeUndefined()
        yield* store.record(action)
        yield* store.record(actionOf("b"))
        expect(yield* store.action(action.key)).toEqual(action)
        yield* store.record({ ...action, seconds: 7 })
        expect(yield* store.action(action.key)).toEqual({ ...action, seconds: 7 })
        const again = Effect.flatMap(Store, (other) => other.action(action.key))
        expect(yield* Effect.provide(again, layer(store.root))).toEqual({ ...action, seconds: 7 })
      }).pipe(inNew),
    )

    it.effect("does not take a path for a key", () =>
      Effect.gen(function* () {
        const store = yield* Store
        expect(yield* Effect.flip(store.action("../../etc/passwd"))).toMatchObject({ _tag: "StoreError", kind: "io" })
        expect(yield* Effect.flip(store.record({ ...actionOf("a"), key: "x1/.." }))).toMatchObject({ kind: "io" })
      }).pipe(inNew),
    )

    it.effect("remembers runs, the latest first", () =>
      Effect.gen(function* () {
        const store = yield* Store
        expect(yield* store.lastRuns(5)).toEqual([])
        const runs = ["2026-11-20T09:00:00.000Z", "2026-11-20T10:00:00.000Z", "2026-11-19T23:59:59.999Z"].map(
          (started) => runOf(started),
        )
        yield* Effect.forEach(runs, store.saveRun)
        expect((yield* store.lastRuns(2)).map((record) => record.started)).toEqual([
          "2026-11-20T10:00:00.000Z",
          "2026-11-20T09:00:00.000Z",
        ])
        expect((yield* store.lastRuns(5))[2]).toEqual(runs[2])
      }).pipe(inNew),
    )

    it.effect("keeps small things by name", () =>
      Effect.gen(function* () {
        const { memo, root } = yield* Store
        expect(yield* memo.load("images ../x")).toBeUndefined()
        yield* memo.save("images ../x", Uint8Array.of(1, 2, 3))
        yield* memo.save("other", new Uint8Array())
        yield* memo.save("images ../x", Uint8Array.of(4, 5))
        const load = (name: string) =>
          Effect.map(
            Effect.provide(
              Effect.flatMap(Store, (store) => store.memo.load(name)),
              layer(root),
            ),
            (bytes) => bytes && [...bytes],
          )
        expect(yield* load("images ../x")).toEqual([4, 5])
        expect(yield* load("other")).toEqual([])
      }).pipe(inNew),
    )

    it.effect("reads lazily: what is not asked for is not read", () =>
      Effect.gen(function* () {
        const store = yield* Store
        const batches = Array.from({ length: 10 }, (_, i) => features(4, i))
        const output = yield* put(Features, batches)
        let seen = 0
        const counted = Stream.tap(store.read(Features, output), () => Effect.sync(() => void seen++))
        expect(yield* Stream.runCollect(Stream.take(counted, 2))).toEqual(batches.slice(0, 2))
        expect(seen).toBe(2)
      }).pipe(inNew),
    )
  })
}
