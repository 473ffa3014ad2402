import { describe, expect, it } from "@effect/vitest"
import { parseHTML } from "linkedom"
import { number, table, text } from "../../../src/report/html/table.ts"
import { reportOf, sourceOf } from "./made.ts"

const context = {
  report: reportOf({ models: 2 }, { sources: [sourceOf("pairs"), sourceOf("old", { fresh: false, target: "late" })] }),
  prefix: "s-",
}

const made = (rows: number, total?: number) =>
  parseHTML(
    `<html><body>${
      table(context, {
        id: "t",
        title: "A <title>",
        caption: "words",
        head: [
          { name: "model", numeric: false },
          { name: "score", numeric: true, shown: "Score (%)" },
        ],
        rows: Array.from({ length: rows }, (_, at) => [
          text(`m${at}`),
          { ...number(at / 3, 1), interval: [at / 4, at / 2] as const, look: "best" as const },
        ]),
        sources: [0, 1],
        ...(total === undefined ? {} : { total }),
        node: "pairs",
      }).text
    }</body></html>`,
  ).document

describe("a table", () => {
  it("shows what is rounded and keeps what is not, with its interval", () => {
    const cell = made(2).querySelectorAll("td")[1]
    expect(cell?.textContent).toBe("0.3")
    expect(cell?.getAttribute("data-v")).toBe(`${1 / 3}`)
    expect([cell?.getAttribute("data-low"), cell?.getAttribute("data-high")]).toEqual(["0.25", "0.5"])
    expect(cell?.getAttribute("class")).toBe("n best")
  })

  it("is named and described, and heads say what columns are", () => {
    const document = made(1)
    const labelled = document.querySelector("table")?.getAttribute("aria-labelledby")
    expect(document.querySelector(`#${labelled}`)?.textContent).toBe("A <title>")
    expect(
      [...document.querySelectorAll("thead th")].map((th) => [th.getAttribute("scope"), th.getAttribute("data-key")]),
    ).toEqual([
      ["col", "model"],
      ["col", "score"],
    ])
    expect(document.querySelector("tbody th")?.getAttribute("scope")).toBe("row")
  })

  it("says where it comes from, and which of it is old", () => {
    const document = made(1)
    expect([...document.querySelectorAll(".from a")].map((a) => [a.getAttribute("href"), a.textContent])).toEqual([
      ["#source-0", "pairs"],
      ["#source-1", "late"],
    ])
    expect(document.querySelector(".stale")?.textContent).toContain("from an earlier run")
  })

  it("is cut where it is long, and says how to see the rest", () => {
    const document = made(1_000, 119_400)
    expect(document.querySelectorAll("tbody tr").length).toBe(400)
    expect(document.querySelector(".note")?.textContent?.replaceAll(/\s+/g, " ").trim()).toBe(
      "The first 400 of 119,400 rows. All of them: pipeline show 'pairs' --format csv",
    )
    expect(made(20).querySelector(".note")).toBe(null)
  })

  it("has a dash for what is not a number", () => {
    expect(number(Number.NaN).shown).toBe("–")
    expect(made(0).querySelectorAll("tbody tr").length).toBe(0)
  })
})
