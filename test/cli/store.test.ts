import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Node, Pipeline } from "../../src/index.ts"
import { desk } from "./calls.ts"
import { board, numbers, times } from "./tiny/stages.ts"

const tiny = (factor = 0.5) => {
  const all = numbers({ count: 10 })
  return Pipeline.make(import.meta, "tiny", {
    table: board([Node.named(times(all, { by: factor }), "left"), Node.named(times(all, { by: 0.25 }), "right")]),
  })
}

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

const spoil = (file: string) => {
  const bytes = readFileSync(file)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  chmodSync(file, 0o644)
  writeFileSync(file, bytes)
}

describe("verify", () => {
  it.live("looks into every file, exits with 1 and lists what is bad, and mends it with --repair", () =>
    Effect.gen(function* () {
      const { cache, call } = yield* desk
      const first = yield* call(tiny(), "run")
      const all = yield* call(tiny(), "verify")
      expect(all).toMatchObject({ code: 0, err: [] })
      expect(all.out).toEqual([expect.stringMatching(/^all sound: 9 files, [\d.]+ kB, in \d+ ms$/)])

      const [artifact = "", missing = ""] = filesOf(join(cache, "artifacts"))
      const [action = ""] = filesOf(join(cache, "actions"))
      spoil(artifact)
      spoil(action)
      const bad = yield* call(tiny(), "verify", "--jobs", "3")
      expect(bad.code).toBe(1)
      expect(bad.out.slice(0, 2)).toEqual([
        `✗  ${artifact}  its content is not what its name says`,
        expect.stringMatching(`^✗  ${action} +its content does not match its checksum$`),
      ])
      expect(bad.out.at(-1)).toMatch(/^2 bad: 9 files/)
      expect(bad.err).toEqual([expect.stringContaining("--repair")])
      expect(filesOf(cache)).toContain(artifact)

      rmSync(missing)
      const mended = yield* call(tiny(), "verify", "--repair")
      expect(mended.code).toBe(0)
      const moved = mended.out.filter((line) => line.startsWith("set aside "))
      expect(moved).toHaveLength(2)
      expect(moved[0]).toMatch(/^set aside .*artifacts.* \(now .*aside/)
      // The ordinary run has computed again what the target needs, to the same table.
      expect(mended.out.slice(-first.out.length, -1)).toEqual(first.out.slice(0, -1))
      expect(mended.out.at(-1)).toMatch(/^tiny: \d nodes? executed/)
      expect((yield* call(tiny(), "verify")).code).toBe(0)
      expect((yield* call(tiny(), "run")).out.at(-1)).toContain("nothing to do")
    }),
  )

  it.live("sets aside what lacks its artifact and is not needed", () =>
    Effect.gen(function* () {
      const { cache, call } = yield* desk
      yield* call(tiny(7), "run")
      const old = filesOf(join(cache, "artifacts"))
      yield* call(tiny(), "run")
      for (const file of old) rmSync(file)
      expect((yield* call(tiny(), "verify")).code).toBe(1)
      expect((yield* call(tiny(), "verify", "--repair")).code).toBe(0)
      expect((yield* call(tiny(), "verify")).code).toBe(0)
    }),
  )

  it.live("draws a bar where somebody watches, and removes it at the end", () =>
    Effect.gen(function* () {
      const { cache, call, typed } = yield* desk
      yield* call(tiny(), "run")
      const { code, drawn } = yield* typed({ terminal: true }, tiny(), ["verify"])
      expect(code).toBe(0)
      expect(drawn).toMatch(/verify {2}━*─* {2} *\d+% {2}\d\/9 files {2}[\d.]+ k?B of [\d.]+ kB/)
      expect(drawn.endsWith("\u001b[1A\r\u001b[J")).toBe(true)
      expect((yield* typed({ cache: join(cache, "none"), terminal: true }, tiny(), ["verify"])).out).toEqual([
        expect.stringMatching(/^all sound: 0 files, 0 B/),
      ])
    }),
  )
})

describe("gc", () => {
  it.live("says what each stage would free, frees it, and leaves what is needed", () =>
    Effect.gen(function* () {
      const { cache, call, later } = yield* desk
      yield* call(tiny(7), "run")
      yield* call(tiny(), "run")
      const before = filesOf(cache)
      const kept = yield* later(tiny(), "gc", "--dry-run")
      expect(kept.out).toEqual([expect.stringMatching(/^nothing to collect: [\d.]+ kB stay$/)])
      const young = yield* call(tiny(), "gc", "--keep-runs", "1")
      expect(young.out).toEqual([expect.stringMatching(/^nothing to collect: .*; 2 results too young/)])

      const dry = yield* later(tiny(), "gc", "--keep-runs", "1", "--dry-run")
      expect(dry.out).toEqual([
        expect.stringMatching(/^stage +actions +artifacts +size$/),
        expect.stringMatching(/^board +1 +1 +[\d.]+ kB$/),
        expect.stringMatching(/^times +1 +1 +[\d.]+ kB$/),
        expect.stringMatching(/^[\d.]+ kB of [\d.]+ kB would be freed, [\d.]+ kB stay$/),
      ])
      expect(filesOf(cache)).toEqual(before)
      const freed = yield* later(tiny(), "gc", "--keep-runs", "1")
      expect(freed.out.slice(0, 3)).toEqual(dry.out.slice(0, 3))
      expect(freed.out.at(-1)).toMatch(/ freed, /)
      expect(filesOf(cache)).toHaveLength(before.length - 4)
      expect((yield* call(tiny(), "run")).out.at(-1)).toContain("nothing to do")
      expect((yield* call(tiny(), "verify")).code).toBe(0)
    }),
  )

  it.live("keeps what a run with a name used", () =>
    Effect.gen(function* () {
      const { call, later } = yield* desk
      yield* call(tiny(7), "run")
      const [named] = (yield* call(tiny(7), "pin", "first")).out
      expect(named).toMatch(/^first = \d{4}-.*: gc keeps what this run used$/)
      yield* call(tiny(), "run")
      yield* later(tiny(), "gc", "--keep-runs", "0")
      expect((yield* call(tiny(7), "run")).out.at(-1)).toContain("nothing to do")
      const list = (yield* call(tiny(), "pin")).out
      expect(list).toHaveLength(3)
      expect(list[0]).toMatch(/^first {2}\d{4}-\S+ {2}4 executed {2}0 cached/)
      expect((yield* call(tiny(), "pin", "--remove", "first")).out).toEqual(["first is no name any more"])
      yield* later(tiny(), "gc", "--keep-runs", "0")
      expect((yield* call(tiny(7), "run")).out.at(-1)).toMatch(/2 nodes executed/)
    }),
  )

  it.live("takes sizes and ages as people write them", () =>
    Effect.gen(function* () {
      const { call, later } = yield* desk
      yield* call(tiny(7), "run")
      yield* call(tiny(), "run")
      const gc = ["gc", "--keep-runs", "1", "--dry-run"] as const
      expect((yield* later(tiny(), ...gc, "--older-than", "30d")).out[0]).toContain("nothing to collect")
      expect((yield* later(tiny(), ...gc, "--older-than", "30m")).out.at(-1)).toContain("would be freed")
      expect((yield* later(tiny(), ...gc, "--max-size", "1GB")).out[0]).toContain("nothing to collect")
      expect((yield* later(tiny(), ...gc, "--max-size", "1kB")).out.at(-1)).toContain("would be freed")
    }),
  )
})

describe("a clock that was set back", () => {
  it.live("loses nothing: what is fresh stays so, runs go on, and nothing is collected before its time", () =>
    Effect.gen(function* () {
      const { call, typed } = yield* desk
      const yesterday = (pipeline: Pipeline.Pipeline, ...args: ReadonlyArray<string>) =>
        typed({ later: -86_400_000 }, pipeline, args)
      const first = yield* call(tiny(), "run")
      expect((yield* yesterday(tiny(), "run")).out.at(-1)).toContain("nothing to do")
      const forced = yield* yesterday(tiny(), "run", "--force", "*")
      expect(forced.out.slice(0, -1)).toEqual(first.out.slice(0, -1))
      yield* yesterday(tiny(7), "run")
      const gc = yield* yesterday(tiny(), "gc", "--keep-runs", "0", "--older-than", "1m")
      expect(gc.out).toEqual([expect.stringContaining("nothing to collect")])
      for (const pipeline of [tiny(), tiny(7)]) {
        expect((yield* call(pipeline, "run")).out.at(-1)).toContain("nothing to do")
      }
      expect((yield* call(tiny(), "verify")).code).toBe(0)
    }),
  )
})

describe("status --disk", () => {
  it.live("adds up to what is there", () =>
    Effect.gen(function* () {
      const { cache, call } = yield* desk
      yield* call(tiny(), "run")
      const table = (yield* call(tiny(), "status", "--disk")).out
      expect(table[0]).toMatch(/^stage +actions +artifacts +size$/)
      expect(table.filter((line) => /^(numbers|times|board) +[12] +[12] +[\d.]+ kB$/.test(line))).toHaveLength(3)
      expect(table.at(-1)).toMatch(/^all +[\d.]+ kB$/)
      const { out } = yield* call(tiny(), "status", "--disk", "--json")
      const used: unknown = JSON.parse(out.join("\n"))
      const bytes = filesOf(cache).reduce((sum, file) => sum + statSync(file).size, 0)
      expect(used).toMatchObject({
        bytes,
        stages: expect.arrayContaining([{ name: "times", actions: 2, artifacts: 2, bytes: expect.any(Number) }]),
        encoders: [],
        other: expect.arrayContaining([{ name: "runs", files: 1, bytes: expect.any(Number) }]),
      })
    }),
  )
})

describe("bundle and restore", () => {
  it.live("bring a target to another store, where nothing is left to compute", () =>
    Effect.gen(function* () {
      const { call, folder, typed } = yield* desk
      const first = yield* call(tiny(), "run")
      const file = join(folder, "table.tar")
      expect((yield* call(tiny(), "bundle", "table", "-o", file)).out).toEqual([
        expect.stringMatching(/table\.tar: board\(left, right\): 4 actions, [\d.]+ kB$/),
      ])
      const cache = join(folder, "elsewhere")
      expect((yield* typed({ cache }, tiny(), ["restore", file])).out).toEqual([
        expect.stringMatching(
          /^tiny: board\(left, right\): [\d.]+ kB, of which 4 artifacts and 4 actions were not here/,
        ),
      ])
      const { out } = yield* typed({ cache }, tiny(), ["run"])
      expect(out).toEqual([...first.out.slice(0, -1), "tiny: all 4 nodes are fresh, nothing to do"])
    }),
  )

  it.live("bring only the tables where they are asked for alone", () =>
    Effect.gen(function* () {
      const { call, folder, typed } = yield* desk
      const first = yield* call(tiny(), "run")
      const file = join(folder, "table.tar")
      yield* call(tiny(), "bundle", "table", "--tables-only", "-o", file)
      const cache = join(folder, "elsewhere")
      expect((yield* typed({ cache }, tiny(), ["restore", file])).out[0]).toContain("1 artifact and 1 action ")
      const { err, out } = yield* typed({ cache }, tiny(), ["show", "table"])
      expect(out.slice(0, 5)).toEqual(first.out.slice(0, 5))
      expect(err).toEqual([expect.stringContaining("is not fresh")])
    }),
  )
})

describe("what is wrong is said", () => {
  it.live.each([
    { args: ["verify", "--jobs", "0"], word: "from 1 on" },
    { args: ["gc", "--keep-runs", "-1"], word: "from 0 on" },
    { args: ["gc", "--older-than", "long"], word: "30d" },
    { args: ["gc", "--max-size", "much"], word: "50GB" },
    { args: ["bundle", "table"], word: "--output" },
    { args: ["bundle", "table", "-o", "x.tar"], word: "is not fresh" },
    { args: ["bundle", "tabel", "-o", "x.tar"], word: "no node matches tabel" },
    { args: ["restore"], word: "FILE" },
    { args: ["restore", "/no/such/file.tar"], word: "there is no file /no/such/file.tar" },
    { args: ["pin", "../x"], word: "cannot be a name" },
    { args: ["pin", "x"], word: "there is no run the last run" },
    { args: ["pin", "x", "2031"], word: "there is no run 2031" },
    { args: ["pin", "--remove", "x"], word: "no run is called x" },
    { args: ["status", "--json"], word: "--disk" },
  ])("$args", ({ args, word }) =>
    Effect.gen(function* () {
      const { call } = yield* desk
      const { code, err, out } = yield* call(tiny(), ...args)
      expect([code, out]).toEqual([2, []])
      expect(err.join("\n")).toContain(word)
    }),
  )

  it.live("of a cache that a newer version has written", () =>
    Effect.gen(function* () {
      const { cache, call } = yield* desk
      yield* call(tiny(), "run")
      writeFileSync(join(cache, "VERSION"), "2\n")
      for (const args of [
        ["run"],
        ["status"],
        ["verify"],
        ["gc"],
        ["status", "--disk"],
        ["pin"],
        ["restore", "x.tar"],
      ]) {
        const { code, err } = yield* call(tiny(), ...args)
        expect(code).toBe(2)
        expect(err.join("\n")).toMatch(
          /written by a newer version of this program[^]*hint: upgrade this program, or use/,
        )
      }
    }),
  )
})
