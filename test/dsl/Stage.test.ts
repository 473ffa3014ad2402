import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Table from "../../src/arrow/Table.ts"
import * as Node from "../../src/dsl/Node.ts"
import { each, many, optional, rows, whole } from "../../src/dsl/Stage.ts"

const Words = Table.rows("words", { id: "utf8", word: "utf8" })
const Total = Table.whole("total", { count: "int32" })

/** Fails a test that carries a stage out: applying one only describes. */
const never = () => Effect.die("nothing runs when a stage is applied")

const source = whole("source", {
  module: import.meta,
  params: Schema.Struct({ file: Schema.String, limit: Schema.optionalKey(Schema.Int) }),
  inputs: {},
  output: Words,
  run: never,
})

const upper = each("upper", {
  module: import.meta,
  params: Schema.Struct({ locale: Schema.optionalKey(Schema.String) }),
  inputs: { words: Words },
  output: Words,
  over: "words",
  open: never,
})

const filter = rows("filter", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { words: Words, stop: optional(Words) },
  output: Words,
  over: "words",
  persist: "budget",
  open: never,
})

const join = rows("join", {
  module: import.meta,
  params: Schema.Struct({ by: Schema.String }),
  inputs: { left: Words, right: Words },
  output: Words,
  over: "left",
  open: never,
})

const count = whole("count", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { words: many(Words) },
  output: Total,
  run: never,
})

const words = source({ file: "words.txt" })
const others = source({ file: "others.txt", limit: 3 })

describe("a stage applied", () => {
  it("gives a node of its own table, with params as they were written", () => {
    expect(others).toEqual({
      _tag: "Node",
      stage: source,
      params: { file: "others.txt", limit: 3 },
      inputs: {},
      table: Words,
      label: undefined,
      persist: undefined,
    })
    expect(count([words]).table).toBe(Total)
  })

  it("knows the stage itself, not a copy: what a run compares stages by", () => {
    expect(upper(words).stage).toBe(upper)
    expect(upper(others).stage).toBe(upper(words).stage)
  })

  it("has empty params where none are given", () => {
    expect(upper(words).params).toEqual({})
    expect(upper(words, { locale: "tr" }).params).toEqual({ locale: "tr" })
  })

  it("takes the only input by itself or in a record, which is the same", () => {
    expect(upper(words)).toEqual(upper({ words }))
    expect(upper(words).inputs).toEqual({ words })
  })

  it("takes the only input that is needed by itself, and the rest in a record", () => {
    expect(filter(words).inputs).toEqual({ words })
    expect(filter({ words }).inputs).toEqual({ words })
    expect(filter({ words, stop: others }).inputs).toEqual({ words, stop: others })
  })

  it("takes a list by itself or in a record", () => {
    expect(count([words, others])).toEqual(count({ words: [words, others] }))
    expect(count([words, others]).inputs).toEqual({ words: [words, others] })
    expect(count([]).inputs).toEqual({ words: [] })
  })

  it("takes several inputs by their names", () => {
    expect(join({ right: others, left: words }, { by: "id" }).inputs).toEqual({ left: words, right: others })
  })
})

describe("a stage", () => {
  it("says its name, its kind and whether its results are written", () => {
    const said = [source, upper, filter, join, count].map(({ name, kind, persist }) => [name, kind, persist])
    expect(said).toEqual([
      ["source", "whole", "always"],
      ["upper", "each", "always"],
      ["filter", "rows", "budget"],
      ["join", "rows", "always"],
      ["count", "whole", "always"],
    ])
  })

  it("is no node before it is applied", () => {
    expect(Node.isNode(upper)).toBe(false)
    expect(Node.isNode(upper(words))).toBe(true)
    expect([undefined, null, "node", {}, [words]].some(Node.isNode)).toBe(false)
  })
})

describe("a node", () => {
  it("named is another node of the same stage, params and inputs; the first keeps none", () => {
    const node = upper(words, { locale: "tr" })
    expect(Node.named(node, "loud")).toEqual({ ...node, label: "loud" })
    expect(node.label).toBeUndefined()
    expect(Node.named(Node.named(node, "loud"), "louder").label).toBe("louder")
  })

  it("persisted differs in nothing else", () => {
    const node = filter(words)
    expect(Node.persisted(node, false)).toEqual({ ...node, persist: false })
    expect(node.persist).toBeUndefined()
  })

  it("lists its edges by input, lists one by one, inputs left out not at all", () => {
    expect(Node.edges(words)).toEqual([])
    expect(Node.edges(filter(words))).toEqual([["words", words]])
    expect(Node.edges(count([words, others, words]))).toEqual([
      ["words", words],
      ["words", others],
      ["words", words],
    ])
    expect(Node.edges(join({ left: words, right: others }, { by: "id" }))).toEqual([
      ["left", words],
      ["right", others],
    ])
  })
})
