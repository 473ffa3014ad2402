import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fingerprint from "../../src/plan/Fingerprint.ts"

type Files = Readonly<Record<string, string>>

const files: Files = {
  "package.json": `{"name": "toy", "type": "module"}`,
  "node_modules/pack/package.json": `{"name": "pack", "version": "1.2.3"}`,
  "node_modules/@scope/deep/package.json": `{"name": "@scope/deep", "version": "4.5.6"}`,
  "one.ts": `import { helper } from "./helper.ts"
import { pack } from "pack"
import { join } from "node:path"
declare const stage: (body: unknown) => unknown
export const one = stage((x: number) => helper(x) + pack(x) + join("a", "b"))`,
  "two.ts": `import { other } from "./helper.ts"
import { deep } from "@scope/deep/inner.js"
declare const stage: (body: unknown) => unknown
export const two = stage((x: number) => other(deep(x)))`,
  "lazy.ts": `declare const stage: (body: unknown) => unknown
export const lazy = stage(async (x: number) => (await import("./heavy.ts")).heavy(x))`,
  "heavy.ts": `export const heavy = (x: number) => x * 1000`,
  "helper.ts": `export const helper = (x: number) => x + 1
export const other = (x: number) => x - 1`,
}

const project = (changed: Files = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const root = mkdtempSync(join(tmpdir(), "rankshift-fingerprint-"))
      for (const [name, text] of Object.entries({ ...files, ...changed })) {
        mkdirSync(dirname(join(root, name)), { recursive: true })
        writeFileSync(join(root, name), text)
      }
      return root
    }),
    (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true })),
  )

const of = Effect.fnUntraced(function* (root: string, names: ReadonlyArray<string>) {
  const urls = names.map((name) => pathToFileURL(join(root, name)).href)
  const found = yield* Fingerprint.ofModules(urls)
  return urls.map((url) => found.get(url))
})

/** Fingerprints of `one`, `two` and `lazy` in a project where some files are different. */
const after = (changed: Files) =>
  Effect.scoped(Effect.flatMap(project(changed), (root) => of(root, ["one.ts", "two.ts", "lazy.ts"])))

const [one = "", two = "", helper = "", heavy = ""] = ["one.ts", "two.ts", "helper.ts", "heavy.ts"].map((n) => files[n])

it.effect("comments, white space, types and what is not reached change nothing", () =>
  Effect.gen(function* () {
    const before = yield* after({})
    const noise = yield* after({
      "one.ts": `// a comment\n/** another */\n${one.replaceAll("\n", "\n\n  ")}\ntype Unused = string\n`,
      "two.ts": two.replace("(x: number)", "(x: number & {})"),
      "helper.ts": `${helper}\nconst stage = 7\nexport const unrelated = (join: string) => [stage, join]\nexport interface Shape { x: number }`,
      "elsewhere.ts": "export const x = 1",
    })
    expect(noise).toEqual(before)
    expect(before[0]?.code).not.toBe(before[1]?.code)
  }),
)

it.effect("where the project lies and from where it is run makes no difference", () =>
  Effect.gen(function* () {
    const before = yield* after({})
    const folder = yield* Effect.sync(() => process.cwd())
    yield* Effect.sync(() => process.chdir(tmpdir()))
    const moved = yield* Effect.ensuring(
      after({}),
      Effect.sync(() => process.chdir(folder)),
    )
    expect(moved).toEqual(before)
  }),
)

it.effect("a helper's change reaches those that use it and no others", () =>
  Effect.gen(function* () {
    const before = yield* after({})
    const changed = yield* after({ "helper.ts": helper.replace("x + 1", "x + 2") })
    expect(changed[0]?.code).not.toBe(before[0]?.code)
    expect(changed.slice(1)).toEqual(before.slice(1))
  }),
)

it.effect("modules that are loaded only when needed count too", () =>
  Effect.gen(function* () {
    const before = yield* after({})
    const changed = yield* after({ "heavy.ts": heavy.replace("1000", "1001") })
    expect(changed[2]?.code).not.toBe(before[2]?.code)
    expect(changed.slice(0, 2)).toEqual(before.slice(0, 2))
  }),
)

it.effect("packages count by their version, for those that reach them", () =>
  Effect.gen(function* () {
    const before = yield* after({})
    expect(before.map((fingerprint) => fingerprint?.packages)).toEqual([
      { pack: "1.2.3" },
      { "@scope/deep": "4.5.6" },
      {},
    ])
    const changed = yield* after({ "node_modules/pack/package.json": `{"name": "pack", "version": "1.2.4"}` })
    expect(changed[0]).toEqual({ code: before[0]?.code, packages: { pack: "1.2.4" } })
    expect(changed.slice(1)).toEqual(before.slice(1))
  }),
)

it.effect("a module reached by several ways is one", () =>
  Effect.gen(function* () {
    const root = yield* project()
    yield* Effect.sync(() => symlinkSync(root, join(root, "node_modules/link")))
    const plain = pathToFileURL(join(root, "one.ts")).href
    const urls = [plain, `${plain}?again`, pathToFileURL(join(root, "node_modules/link/one.ts")).href]
    const found = yield* Fingerprint.ofModules(urls)
    expect(found.get(urls[1] ?? "")).toEqual(found.get(plain))
    expect(found.get(urls[2] ?? "")?.code).toEqual(found.get(plain)?.code)
  }),
)

it.effect("a stage's fingerprint does not depend on which others are asked for", () =>
  Effect.gen(function* () {
    const root = yield* project()
    const [alone] = yield* of(root, ["two.ts"])
    const [, together] = yield* of(root, ["one.ts", "two.ts", "lazy.ts"])
    expect(together).toEqual(alone)
  }),
)

it.effect("modules of several packages are each taken from their own root", () =>
  Effect.gen(function* () {
    const root = yield* project({
      "sub/package.json": "{}",
      "sub/lazy.ts": files["lazy.ts"] ?? "",
      "sub/heavy.ts": heavy,
    })
    const [here, there] = yield* of(root, ["lazy.ts", "sub/lazy.ts"])
    expect(there).toEqual(here)
  }),
)

it.effect("a broken module is an error that names the file", () =>
  Effect.gen(function* () {
    const root = yield* project({ "helper.ts": "export const helper = (x: number) => {\nreturn (" })
    const error = yield* Effect.flip(of(root, ["one.ts"]))
    expect(error._tag).toBe("PipelineError")
    expect(error.message).toContain(`${join(root, "helper.ts")}:2: `)
  }),
)

it.effect("an import that leads nowhere is an error that names the file and the import", () =>
  Effect.gen(function* () {
    const root = yield* project({ "one.ts": `import { x } from "no-such-package"\nexport const one = x` })
    const error = yield* Effect.flip(of(root, ["one.ts"]))
    expect(error.message).toContain(join(root, "one.ts"))
    expect(error.message).toContain("no-such-package")
  }),
)

it.effect("the engine does not count: its own modules are not read", () =>
  Effect.gen(function* () {
    const source = join(import.meta.dirname, "../../src")
    const text = (stage: string) =>
      `import { whole } from ${JSON.stringify(stage)}\nexport const s = whole("s", { x: 1 })`
    const root = yield* project({
      "a.ts": text(join(source, "dsl/Stage.ts")),
      "b.ts": text(join(source, "dsl/Pipeline.ts")),
    })
    const [a, b] = yield* of(root, ["a.ts", "b.ts"])
    expect(a).toEqual(b)
    expect(a?.packages).toEqual({})
  }),
)
