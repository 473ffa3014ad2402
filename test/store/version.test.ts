/** A store of another format is neither read nor written. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { describe, expect } from "vitest"
import * as Layout from "../../src/store/Layout.ts"
import { mark } from "../../src/store/mark.ts"
import { Store } from "../../src/store/Store.ts"
import * as Verify from "../../src/store/verify.ts"
import { actionOf, features, Features, folders, get, put } from "./samples.ts"

const newFolder = folders("version")
const withStore = <A, E>(root: string, use: (store: Store["Service"]) => Effect.Effect<A, E, Store>) =>
  Effect.provide(Effect.flatMap(Store, use), Store.layer(root))

it.effect("says which format it has from the first write on", () =>
  Effect.gen(function* () {
    const layout = Layout.make(newFolder())
    yield* withStore(layout.root, (store) => store.action(actionOf("a").key))
    expect(existsSync(layout.root)).toBe(false)
    yield* withStore(layout.root, (store) => store.record(actionOf("a")))
    expect(readFileSync(layout.version, "utf8")).toBe("1\n")
  }),
)

describe.each([
  { content: "2\n", said: "a newer version of this program (format 2; this one reads format 1)", hint: "upgrade" },
  { content: "0\n", said: "another version of this program (format 0;", hint: "use the version that wrote it" },
  { content: "one", said: "(format one;", hint: "another cache (--cache DIR)" },
])("a store that says $content", ({ content, hint, said }) => {
  it.effect("is left alone by every operation, with a word about it", () =>
    Effect.gen(function* () {
      const layout = Layout.make(newFolder())
      const action = actionOf("a")
      const output = yield* withStore(layout.root, (store) =>
        Effect.tap(put(Features, [features(2)]), () => store.record(action)),
      )
      writeFileSync(layout.version, content)
      const before = readdirSync(layout.root, { recursive: true }).sort()
      const limits = { now: Date.now() + 1e9, grace: 0, runs: 3 }
      const operations: ReadonlyArray<(store: Store["Service"]) => Effect.Effect<unknown, unknown, Store>> = [
        (store) => store.action(action.key),
        (store) => store.check(output.table),
        (store) => store.lastRuns(3),
        (store) => store.record(action),
        () => get(Features, output),
        () => put(Features, [features(9)]),
        () => Verify.subjects(layout),
        () => mark(layout, { keys: new Set(), spare: new Set() }, limits),
      ]
      for (const operation of operations) {
        const error = yield* Effect.flip(withStore(layout.root, operation))
        expect(error).toMatchObject({ _tag: "StoreError", kind: "version", file: layout.version })
        expect(error).toHaveProperty("message", expect.stringContaining(said))
        expect(error).toHaveProperty("hint", expect.stringContaining(hint))
      }
      yield* withStore(layout.root, ({ memo }) => memo.save("n", Uint8Array.of(1)))
      expect(readdirSync(layout.root, { recursive: true }).sort()).toEqual(before)
      expect(readFileSync(layout.version, "utf8")).toBe(content)
    }),
  )
})

it.effect("a store that does not say is of this format: it is from before this was said, or copied without it", () =>
  Effect.gen(function* () {
    const layout = Layout.make(newFolder())
    mkdirSync(layout.root, { recursive: true })
    const action = actionOf("a")
    yield* withStore(layout.root, (store) => store.record(action))
    for (const forget of [() => rmSync(layout.version), () => writeFileSync(layout.version, "")]) {
      forget()
      expect(yield* withStore(layout.root, (store) => store.action(action.key))).toEqual(action)
      expect(existsSync(layout.version) && readFileSync(layout.version, "utf8") !== "").toBe(false)
      yield* withStore(layout.root, (store) => store.record(action))
      expect(readFileSync(layout.version, "utf8")).toBe("1\n")
    }
  }),
)
