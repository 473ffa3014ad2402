import { rmSync, utimesSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Table from "../../src/arrow/Table.ts"
import type { Node } from "../../src/dsl/Node.ts"
import type { Pipeline } from "../../src/dsl/Pipeline.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { stampFile } from "../../stages/sources/stamp.ts"
import { ExplanationJson } from "../../src/plan/explanationJson.ts"
import { desk } from "./calls.ts"

const Words = Table.rows("words", { id: "utf8", word: "utf8" })
const Scores = Table.whole("scores", { model: "utf8", value: "float64", rank: "int32" })

const shared = { module: import.meta, version: "1" }

/** Lines `id word` of a file. */
const lines = Stage.whole("lines", {
  ...shared,
  params: Schema.Struct({ file: Schema.String }),
  inputs: {},
  output: Words,
  stamp: ({ file }) => stampFile(file),
  run: (_, { file }) =>
    Effect.tryPromise({
      try: async () => {
        const pairs = (await readFile(file, "utf8"))
          .trim()
          .split("\n")
          .map((line) => line.split(" "))
        return { id: pairs.map(([id = ""]) => id), word: pairs.map(([, word = ""]) => word) }
      },
      catch: () => new StageError({ message: "no such file", file }),
    }),
})

const streamed = Stage.rows("shout", {
  ...shared,
  params: Schema.Struct({ with: Schema.Struct({ mark: Schema.String, times: Schema.Array(Schema.Int) }) }),
  inputs: { words: Words },
  output: Words,
  over: "words",
  persist: "never",
  open: (_, { with: { mark, times } }) =>
    Effect.succeed(({ id, word }) =>
      Effect.succeed({ id, word: word.map((text) => text.toUpperCase() + mark.repeat(times[0] ?? 1)) }),
    ),
})

/** Only the words' lengths. */
const lengths = Stage.rows("lengths", {
  ...shared,
  params: Schema.Struct({}),
  inputs: { words: Words },
  output: Words,
  over: "words",
  open: (_) => Effect.succeed(({ id, word }) => Effect.succeed({ id, word: word.map((text) => String(text.length)) })),
})

const sum = Stage.whole("sum", {
  ...shared,
  params: Schema.Struct({ model: Schema.String, scale: Schema.Finite }),
  inputs: { words: Words },
  output: Scores,
  run: ({ words }, { model, scale }) =>
    Effect.map(words.all, ({ word }) => ({
      model: [model],
      value: Float64Array.of(scale * word.reduce((total, text) => total + Number(text), 0)),
      rank: Int32Array.of(1),
    })),
})

interface Settings {
  readonly mark?: string
  readonly times?: number
  readonly scale?: number
  readonly model?: string
}

const bench = Effect.gen(function* () {
  const at = yield* desk
  const file = join(at.folder, "words.txt")
  let clock = 1_000_000_000
  /** Written long ago, so that nothing waits for the file to settle. */
  const write = (words: Readonly<Record<string, string>>) => {
    writeFileSync(
      file,
      Object.entries(words)
        .map(([id, word]) => `${id} ${word}\n`)
        .join(""),
    )
    clock += 10
    utimesSync(file, clock, clock)
  }
  write({ a: "one", b: "three", c: "seven" })
  const of = ({ mark = "!", model = "m", scale = 1, times = 1 }: Settings = {}): Pipeline => {
    const loud = streamed(lines({ file }), { with: { mark, times: [times] } })
    const score: Node = sum(lengths(loud), { model, scale })
    return { name: "toy", directory: at.folder, targets: { score } }
  }
  const call = Effect.fnUntraced(function* (settings: Settings, ...args: ReadonlyArray<string>) {
    const { code, err, out } = yield* at.call(of(settings), ...args)
    return { code, text: [...out, ...err].join("\n") }
  })
  expect((yield* call({}, "run")).code).toBe(0)
  return { write, call, at }
})

describe("explain", () => {
  it.live("follows changed inputs up to the param that began it, through what is never written", () =>
    Effect.gen(function* () {
      const { call } = yield* bench
      const { code, text } = yield* call({ times: 2 }, "explain", "score")
      expect(code).toBe(0)
      expect(text).toContain("  shout → lengths → sum\n    param with.times[0]: 1 -> 2")
    }).pipe(Effect.scoped),
  )

  it.live("says which rows of a file changed, came and went", () =>
    Effect.gen(function* () {
      const { call, write } = yield* bench
      write({ a: "one", b: "three!", d: "five" })
      const { text } = yield* call({}, "explain", "score")
      expect(text).toContain("lines → shout → lengths → sum")
      expect(text).toContain("files outside: 1 row changed, 1 added, 1 removed")
      expect(text).toContain("~ b  three -> three!")
      expect(text).toContain("+ d  five")
      expect(text).toContain("- c  seven")
    }).pipe(Effect.scoped),
  )

  it.live("tells a file that was only touched", () =>
    Effect.gen(function* () {
      const { call, write } = yield* bench
      write({ a: "one", b: "three", c: "seven" })
      const { text } = yield* call({}, "explain", "score")
      expect(text).toContain("files outside were touched; their content is the same")
    }).pipe(Effect.scoped),
  )

  it.live("says of a fresh node when and where it was computed, and which inputs were cut off since", () =>
    Effect.gen(function* () {
      const { call, write } = yield* bench
      // Other words of the same lengths: lengths gives the same, and sum is not computed again.
      write({ a: "two", b: "eight", c: "fifth" })
      expect((yield* call({}, "run")).code).toBe(0)
      const { text } = yield* call({}, "explain", "score")
      expect(text).toMatch(/computed \d{4}-\S+ in .* on \S+, by the run of \d{4}-/)
      expect(text).toMatch(/lengths was computed again \S+ and gave the same: it stopped there/)
    }).pipe(Effect.scoped),
  )

  it.live("gives all causes at once, each with what stands on it", () =>
    Effect.gen(function* () {
      const { call, write } = yield* bench
      expect((yield* call({}, "explain")).text).toContain("fresh: nothing of 4 nodes has to be computed")
      write({ a: "ones", b: "three", c: "seven" })
      const { text } = yield* call({ scale: 2 }, "explain")
      expect(text).toContain("2 causes make 4 of 4 nodes stale")
      expect(text).toContain("sum: 1 node, sum\n  param scale: 1 -> 2")
      expect(text).toMatch(/lines: \d nodes, lines/)
      const other = yield* call({ model: "other" }, "explain")
      expect(other.text).toContain('param model: "m" -> "other"')
    }).pipe(Effect.scoped),
  )

  it.live("says of a node that was never computed that it is new", () =>
    Effect.gen(function* () {
      const { at, call } = yield* bench
      const elsewhere = yield* at.typed(
        { cache: join(at.folder, "other") },
        { name: "toy", directory: at.folder, targets: { w: lines({ file: join(at.folder, "words.txt") }) } },
        ["explain"],
      )
      expect(elsewhere.out.join("\n")).toContain("never computed before: 1 node, lines")
      expect((yield* call({}, "explain", "score")).text).not.toContain("because")
    }).pipe(Effect.scoped),
  )

  it.live("speaks JSON", () =>
    Effect.gen(function* () {
      const { call } = yield* bench
      const { text } = yield* call({ scale: 3 }, "explain", "score", "--json")
      const found = Schema.decodeUnknownSync(Schema.fromJsonString(ExplanationJson))(text.trim())
      expect(found.state).toBe("stale")
      expect(found.causes).toMatchObject([
        { node: "sum", kind: "changed", changes: [{ part: "param", name: "scale", before: "1", after: "3" }] },
      ])
    }).pipe(Effect.scoped),
  )
})

describe("diff", () => {
  it.live("puts figures side by side, and says why they differ", () =>
    Effect.gen(function* () {
      const { call, write } = yield* bench
      write({ a: "one", b: "threeee", c: "seven" })
      expect((yield* call({ scale: 0.5 }, "run")).code).toBe(0)
      const { code, text } = yield* call({ scale: 0.5 }, "diff", "last~1", "last")
      expect(code).toBe(0)
      expect(text).toContain("score: 1 figure differs")
      expect(text).toMatch(/m {2}value {2}16 {2}-> {2}9 {2}-7/)
      expect(text).toContain("files outside: 1 row changed\n      ~ b  three -> threeee")
      expect(text).toContain("param scale: 1 -> 0.5")
      expect(text).toMatch(/time computed\n\s+before\s+after/)
      const json = JSON.parse((yield* call({ scale: 0.5 }, "diff", "last~1", "last", "--json")).text) as unknown
      expect(json).toMatchObject({
        tables: [{ target: "score", differences: [{ row: "m", column: "value", before: 16, after: 9 }] }],
      })
    }).pipe(Effect.scoped),
  )

  it.live("says when two runs gave the same", () =>
    Effect.gen(function* () {
      const { call } = yield* bench
      yield* call({}, "run", "--force", "*")
      const { text } = yield* call({}, "diff", "last~1", "last")
      expect(text).toContain("4 nodes the same")
      expect(text).not.toContain("because")
    }).pipe(Effect.scoped),
  )

  it.live("finds runs by name, and says which it cannot find", () =>
    Effect.gen(function* () {
      const { call } = yield* bench
      yield* call({}, "pin", "submitted")
      yield* call({ scale: 2 }, "run")
      expect((yield* call({ scale: 2 }, "diff", "submitted", "last")).text).toContain("param scale: 1 -> 2")
      const unknown = yield* call({}, "diff", "nowhere", "last")
      expect(unknown.code).toBe(2)
      expect(unknown.text).toContain("there is no run nowhere")
      expect((yield* call({}, "diff", "last~9", "last")).text).toContain("there is no run last~9")
    }).pipe(Effect.scoped),
  )

  it.live("says so where a result is no longer in the cache", () =>
    Effect.gen(function* () {
      const { at, call } = yield* bench
      yield* call({ scale: 2 }, "run")
      rmSync(join(at.cache, "artifacts"), { recursive: true })
      const { code, text } = yield* call({ scale: 2 }, "diff", "last~1", "last")
      expect(code).toBe(0)
      expect(text).toContain("score: another result (what the first run gave is no longer in the cache)")
    }).pipe(Effect.scoped),
  )
})
