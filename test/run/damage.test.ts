import { chmodSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Event } from "../../src/run/Event.ts"
import { folder, nodesOf, only, onDisk, pipeline, runAll, summaryOf, write } from "./engine.ts"
import { upTo } from "./lab.ts"
import * as toys from "./toys.ts"

const filesIn = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

/** Flips one bit. `sealed` leaves the file's dates as they were, as a bad disk does; else it looks written to. */
const flip = (file: string, at: number, sealed: boolean) => {
  const bytes = readFileSync(file)
  const position = at % bytes.length
  bytes[position] = (bytes[position] ?? 0) ^ (1 << (at % 8))
  chmodSync(file, 0o644)
  writeFileSync(file, bytes)
  if (sealed) {
    utimesSync(file, 1, 1)
    chmodSync(file, 0o444)
  }
}

/** A pipeline of every kind of node, over files, with a row skipped on the way. */
const bench = Effect.gen(function* () {
  const dir = yield* folder
  const cache = join(dir, "cache")
  write(join(dir, "a"), upTo(14))
  const calls: Array<toys.Call> = []
  const stages = toys.make(calls)
  const source = stages.source({ as: "a", file: join(dir, "a") })
  const decoded = stages.picky.never(source, { as: "decoded", div: 9, policy: "skip" })
  const pixels = stages.each.budget(decoded, { as: "pixels", add: 1, div: 1 })
  const features = stages.batches.always(pixels, { as: "features", add: 1, div: 1 })
  const found = stages.keep(features, { as: "found", add: 0, div: 3 })
  const sum = stages.total([features, found], { as: "sum", add: 0, div: 1 })
  /** A pipeline that reads everything anew: `salt` makes its last nodes ones that were never computed. */
  const of = (salt: number) => {
    const readers = [source, pixels, features, found].map((numbers) =>
      stages.batches.always({ numbers, sum }, { as: "reader", add: salt, div: 1 }),
    )
    return pipeline({ sum, all: stages.total(readers, { as: "all", add: 0, div: 1 }) })
  }
  /** Each run has a store of its own over the files, as each process has. */
  const run = (salt: number) => Effect.provide(runAll(of(salt)), onDisk(cache), { local: true })
  return { cache, calls, run }
})

const warned = (events: ReadonlyArray<Event>, file: string) =>
  only(events, "warned").filter((event) => event.file === file)

/** Everything under its name, but what is set aside, records of runs and memory. */
const contents = (cache: string) =>
  new Map(
    ["artifacts", "actions"].flatMap((part) =>
      filesIn(join(cache, part)).map((file) => [file, part === "artifacts" ? readFileSync(file, "hex") : ""] as const),
    ),
  )

it.live("a flipped bit in a file that looks written to is found when the run is planned", () =>
  Effect.gen(function* () {
    const { cache, run } = yield* bench
    yield* run(0)
    const before = contents(cache)
    const artifacts = [...before].filter(([file]) => file.endsWith(".arrow"))
    let seed = 1
    let flips = 0
    // Records of pixels are not written anew where nothing needs them: what stands on them is there.
    for (const file of [...before.keys()].filter((name) => existsSync(name))) {
      seed = (seed * 48271) % 0x7fffffff
      flip(file, seed, false)
      flips++
      const events = yield* run(0)
      expect(summaryOf(events), file).toMatchObject({ failed: 0, blocked: 0 })
      expect(warned(events, file), file).toHaveLength(1)
      const after = contents(cache)
      for (const [name, content] of artifacts) expect(after.get(name), `${name} after ${file}`).toBe(content)
      for (const name of after.keys()) expect(before.has(name)).toBe(true)
    }
    // Each was kept for whoever wants to look.
    expect(readdirSync(join(cache, "aside"))).toHaveLength(flips)
    expect(summaryOf(yield* run(0))).toMatchObject({ executed: 0 })
  }),
)

it.live("a flipped bit in a file that looks untouched is found when it is first read, and never used", () =>
  Effect.gen(function* () {
    const { cache, run } = yield* bench
    yield* run(0)
    const before = contents(cache)
    let seed = 2
    let salt = 0
    for (const file of [...before.keys()].filter((name) => name.endsWith(".arrow"))) {
      seed = (seed * 48271) % 0x7fffffff
      flip(file, seed, true)
      salt++
      const events = yield* run(salt)
      expect(summaryOf(events), file).toMatchObject({ failed: 0, blocked: 0 })
      const found = warned(events, file)
      if (found.length === 0) {
        // Only the last nodes' own results are read by nobody; whoever reads them later finds it.
        flip(file, seed, true)
      } else {
        expect(found).toHaveLength(1)
        for (const [name, content] of before) expect(contents(cache).get(name)).toBe(content)
      }
    }
    expect(nodesOf(yield* run(salt), "started")).toEqual([])
    expect(existsSync(join(cache, "aside"))).toBe(true)
    expect(readdirSync(join(cache, "aside")).length).toBeGreaterThan(10)
  }),
)

it.live("many damaged files at once are all mended in one run", () =>
  Effect.gen(function* () {
    for (const sealed of [false, true]) {
      const { cache, run } = yield* bench
      yield* run(0)
      const before = contents(cache)
      for (const file of before.keys()) if (file.endsWith(".arrow")) flip(file, 7, sealed)
      const events = yield* run(sealed ? 1 : 0)
      expect(summaryOf(events)).toMatchObject({ failed: 0, blocked: 0 })
      const aside = readdirSync(join(cache, "aside"))
      expect(only(events, "warned").filter(({ file }) => file !== undefined)).toHaveLength(aside.length)
      // Of those that look untouched, the ones that nothing reads are as they were.
      for (const [file, content] of before) {
        if (!sealed || aside.some((name) => file.includes(name.split("-")[0] ?? ""))) {
          expect(contents(cache).get(file), file).toBe(content)
        }
      }
      expect(aside.length).toBeGreaterThan(5)
    }
  }),
)
