import * as Plot from "@observablehq/plot"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseHTML } from "linkedom"
import { apart, chart } from "../../../src/report/html/Chart.ts"
import { lookOf } from "../../../src/report/html/palette.ts"

const hostile = `a"><script>alert(1)</script>&'`

describe("a chart", () => {
  const { text } = chart({
    width: 300,
    height: 200,
    heading: hostile,
    lines: ["r = .5"],
    label: hostile,
    marks: [
      Plot.dot(
        [
          { x: 1 / 3, y: 2, name: hostile },
          { x: 1, y: 2 / 7, name: "v0.12345" },
          { x: 0.7, y: 1, name: "c" },
        ],
        { x: "x", y: "y", title: "name", ariaLabel: (_, at) => `${at}` },
      ),
    ],
  })
  const { document } = parseHTML(`<html><body>${text}</body></html>`)
  const svg = document.querySelector("svg")

  it("stands by itself: namespace, size, role and words, but no style of its own", () => {
    expect(svg?.getAttribute("xmlns")).toBe("http://www.w3.org/2000/svg")
    expect(svg?.getAttribute("role")).toBe("img")
    expect(svg?.getAttribute("aria-label")).toBe(hostile)
    expect(document.querySelectorAll("style").length).toBe(0)
  })

  it("shows names as text, whatever is in them", () => {
    expect(document.querySelectorAll("script").length).toBe(0)
    expect(svg?.querySelector("title")?.textContent).toBe(hostile)
    expect(svg?.querySelector("circle")?.getAttribute("data-model")).toBe("0")
    expect(svg?.querySelector("text")?.textContent).toBe(hostile)
  })

  it("has room for its heading above the labels of axes", () => {
    const [, top = 0, width, height] = (svg?.getAttribute("viewBox") ?? "").split(" ").map(Number)
    expect([width, height]).toEqual([300, 200 - top])
    expect(top).toBeLessThan(-30)
  })

  it("keeps a hundredth of a pixel, and names as they are", () => {
    const places = [...document.querySelectorAll("circle")].flatMap((dot) => [
      dot.getAttribute("cx"),
      dot.getAttribute("cy"),
    ])
    expect(places.some((place) => place?.includes("."))).toBe(true)
    for (const place of places) expect(place).toMatch(/^\d+(?:\.\d\d?)?$/)
    expect(document.querySelectorAll("title")[1]?.textContent).toBe("v0.12345")
  })
})

describe("labels moved apart", () => {
  const Places = Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 300 })))

  it.effect.prop("keep a gap, their order and their bounds", [Places], ([all]) =>
    Effect.sync(() => {
      const places = all.slice(0, 20)
      const moved = apart(places, 14, 0, 300)
      const order = places.map((_, at) => at).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0) || a - b)
      const sorted = order.map((at) => moved[at] ?? Number.NaN)
      sorted.slice(1).forEach((place, at) => expect(place - (sorted[at] ?? 0)).toBeGreaterThanOrEqual(14 - 1e-9))
      if (places.length > 0) {
        expect(Math.min(...moved)).toBeGreaterThanOrEqual(-1e-9)
        expect(Math.max(...moved)).toBeLessThanOrEqual(300 + 1e-9)
      }
    }),
  )

  it("do not move where there is room", () => {
    expect(apart([10, 200, 100], 14, 0, 300)).toEqual([10, 200, 100])
    expect(apart([100, 100], 14, 0, 300)).toEqual([93, 107])
    expect(apart([0, 0, 0], 14, 0, 300)).toEqual([0, 14, 28])
  })
})

describe("the looks of models", () => {
  it("differ for the first 49", () => {
    const looks = Array.from({ length: 49 }, (_, at) => `${lookOf(at).colour} ${lookOf(at).symbol}`)
    expect(new Set(looks).size).toBe(49)
  })
})
