import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DOMParser } from "linkedom"
import { html } from "../../src/report/graphHtml.ts"
import { svg } from "../../src/report/graphSvg.ts"
import { type Mark, make, type Picture } from "../../src/report/picture/Picture.ts"
import { benchmark, drafts } from "./picture/benchmarks.ts"
import { lottery } from "./plans.ts"

const texts = (document: string) =>
  [...new DOMParser().parseFromString(document, "image/svg+xml").querySelectorAll("text")].map(
    (one) => one.textContent ?? "",
  )

const titles = (document: string) =>
  [...new DOMParser().parseFromString(document, "image/svg+xml").querySelectorAll("g > title")].map(
    (one) => one.textContent ?? "",
  )

const withMarks = (marks: ReadonlyArray<Mark>): Picture => {
  const { nodes, ...rest } = make(lottery, [])
  return { ...rest, nodes: nodes.map((node, at) => ({ ...node, mark: marks[at % marks.length] ?? node.mark })) }
}

describe("the graph as SVG", () => {
  it.effect("shows 12 encoders by 6 sets as ten boxes, each with what it is of, its states and its figures", () =>
    Effect.gen(function* () {
      const drawn = yield* svg(benchmark(12, 6))
      const said = texts(drawn)
      for (const word of [
        "extract",
        "12 encoders × 7 sets · 84 nodes",
        "82 fresh",
        "1 stale",
        "1 failed",
        "1:45 · 43,008 rows · 344 MB",
        "table = aggregate",
      ]) {
        expect(said).toContain(word)
      }
      expect(drawn.match(/class="rs-(box|open)/g)).toHaveLength(10)
      expect(drawn.length).toBeLessThan(30_000)
    }),
  )

  it.effect("says the reasons on hover, with what breaks XML escaped", () =>
    Effect.gen(function* () {
      const drawn = yield* svg(benchmark(8, 6), ({ title }) => title === "extract")
      expect(titles(drawn)).toContain("extract(encoder2, set1)\nstale: param crop 48 -> 56\n1.3 s, 512 rows, 4.1 MB")
      expect(drawn).toContain("no output &lt;embedding&gt;")
      expect(drawn).not.toContain("<embedding>")
    }),
  )

  it.effect("unfolds what it is asked to: a cell a node, under the names of its row and column", () =>
    Effect.gen(function* () {
      const drawn = yield* svg(benchmark(3, 2), ({ title }) => title === "score")
      const said = texts(drawn)
      for (const head of ["encoder1", "encoder3", "set1", "set2"]) expect(said).toContain(head)
      expect(drawn.match(/class="rs-node"/g)).toHaveLength(6)
    }),
  )

  it.effect("tells each state by a word and a sign of its own, not by colour alone", () =>
    Effect.gen(function* () {
      const marks: ReadonlyArray<Mark> = ["fresh", "streamed", "waiting", "stale", "running", "blocked", "failed"]
      const drawn = yield* svg(withMarks(marks))
      for (const mark of marks) {
        expect(texts(drawn).some((text) => text === `1 ${mark}`)).toBe(true)
        expect(drawn).toContain(`<use href="#rs-${mark}"`)
      }
      const shapes = marks.map(
        (mark) => new RegExp(`id="rs-${mark}" viewBox="0 0 16 16">(.*?)</symbol>`).exec(drawn)?.[1],
      )
      expect(new Set(shapes).size).toBe(marks.length)
      expect(drawn).toContain("prefers-color-scheme:dark")
    }),
  )

  it.effect("is a document that asks for nothing from elsewhere", () =>
    Effect.gen(function* () {
      const drawn = yield* svg(benchmark(2, 1))
      expect(drawn).not.toMatch(/tabindex|class="rs-fold"/)
      expect(drawn.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|url\((?!#)/)
    }),
  )
})

describe("the graph as a page", () => {
  it.effect("draws a thousand nodes within seconds, in less than a megabyte", () =>
    Effect.gen(function* () {
      const size = drafts(47, 6).length
      expect(size).toBeGreaterThan(1_000)
      const picture = benchmark(47, 6)
      const started = performance.now()
      const page = yield* html(picture)
      expect(performance.now() - started).toBeLessThan(8_000)
      expect(page.length).toBeLessThan(1_000_000)
    }),
  )

  it.effect("cannot be broken out of by a name or a message", () =>
    Effect.gen(function* () {
      const evil = "</script><script>alert(1)</script><!--"
      const picture = make(
        {
          pipeline: evil,
          nodes: lottery.nodes.map((node) => ({ ...node, state: { _tag: "stale" as const, reason: evil } })),
        },
        [],
      )
      const page = yield* html(picture)
      expect(page).not.toContain("<script>alert")
      expect(page.match(/<script/g)).toHaveLength(2)
      expect(page.match(/<\/script/g)).toHaveLength(2)
    }),
  )

  it.effect("lets no other script run than its own, and none of them reach the network", () =>
    Effect.gen(function* () {
      const page = yield* html(benchmark(2, 1))
      const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ""
      expect(policy).toMatch(/default-src 'none'.*script-src 'sha256-[^']+'/)
      expect(policy).not.toContain("connect-src")
    }),
  )
})
