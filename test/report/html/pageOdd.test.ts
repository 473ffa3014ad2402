import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Report, Study } from "../../../src/report/html/Study.ts"
import { galleryOf, planOf, reportOf, sourceOf, studyOf } from "./made.ts"
import { draw, words, body, charts } from "./drawn.ts"

const hostile = [
  `</script><script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `</style><svg onload=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</title></textarea><!--`,
]

describe("names that would break a page", () => {
  it("stand in it as text", async () => {
    const [a = "", b = ""] = hostile
    const gallery = await Effect.runPromise(galleryOf([a, b], hostile[2]))
    const report = reportOf(
      { models: 5, name: (at) => hostile[at] ?? "", sets: hostile.toReversed(), gallery, classNames: hostile },
      {
        pipeline: hostile[4] ?? "",
        skipped: { rows: hostile.map((id) => ({ id, stage: id, reason: id, node: id })), sources: [0], total: 5 },
        sources: hostile.map((name) =>
          sourceOf(name, {
            target: name,
            params: name,
            keys: [name, name],
            versions: { [name]: name },
            host: { [name]: name },
          }),
        ),
        plan: planOf(
          hostile.map((name) => ({
            name,
            stage: name,
            state: { _tag: "failed" as const, message: name },
            shards: undefined,
            inputs: [],
            target: name,
          })),
        ),
      },
    )
    const clean = draw(reportOf({ models: 5, name: (at) => `model${at}`, sets: ["a", "b", "c", "d", "e"] }))
    const { document, text } = draw(report)
    expect(document.querySelectorAll("script").length).toBe(clean.document.querySelectorAll("script").length)
    expect(document.querySelectorAll("style").length).toBe(clean.document.querySelectorAll("style").length)
    expect(document.querySelectorAll("[onerror], [onload], [onmouseover], textarea").length).toBe(0)
    expect(
      [...document.querySelectorAll("img")].every((img) => img.getAttribute("src")?.startsWith("data:image/jpeg")),
    ).toBe(true)
    expect(document.querySelector("h1")?.textContent).toBe(hostile[4])
    expect(words(document.querySelector("#table-2 tbody"))).toContain(hostile[0])
    expect(text.match(/<!--/g)).toBe(null)
  })
})

const without = (study: Study, ...parts: ReadonlyArray<keyof Study>): Study => ({
  ...study,
  ...Object.fromEntries(parts.map((part) => [part, { missing: `No ${part}: \`lottery\` gives them.` }])),
})

describe("what is not there", () => {
  it("is left out, with a line that says what would give it", () => {
    const full = studyOf({ models: 4 })
    const study = without(
      full,
      "intervals",
      "pairs",
      "noise",
      "rankSets",
      "rankProbabilities",
      "aggregateIntervals",
      "effects",
      "agreement",
      "regressions",
      "verdicts",
      "perClass",
      "curves",
    )
    const drawn = draw(reportOf({ models: 4 }, { studies: [study] }))
    const told = [...drawn.document.querySelectorAll(".missing")].map(words)
    expect(told).toEqual([
      "Verdicts on neighbours in the ranking: No verdicts: lottery gives them.",
      "Rank sets: No rankSets: lottery gives them.",
      "Paired differences: No pairs: lottery gives them.",
      "Noise at each set's size: No noise: lottery gives them.",
      "Forest plots: No effects: lottery gives them.",
      "Probability of being first: No rankProbabilities: lottery gives them.",
      "Agreement of the sets: No agreement: lottery gives them.",
      "Gains and losses by class: No perClass: lottery gives them.",
      "Gallery: No images to show.",
      "Loss curves: No curves: lottery gives them.",
    ])
    expect(words(drawn.document.querySelector("#table-2 tbody td"))).toBe("75.0")
    expect([...drawn.document.querySelectorAll("#figure-3 .note, #figure-4 .note")].map(words)).toEqual([
      "No regression lines. No regressions: lottery gives them.",
      "No intervals. No aggregateIntervals: lottery gives them.",
    ])
    expect(drawn.document.querySelectorAll("#rank-sets, #pairs, #forest, #classes").length).toBe(0)
  })

  it("may be everything", () => {
    const drawn = draw(reportOf({ models: 2 }, { studies: [], sources: [] }))
    expect(words(drawn.document.querySelector("main"))).toContain("No node of this pipeline gives a leaderboard")
    expect(drawn.document.querySelectorAll("#graph-figure").length).toBe(1)
  })

  it("what is no share is neither shown in percent nor drawn on a scale of percent", () => {
    const study = studyOf({ models: 3 })
    if ("missing" in study.board) throw new Error("the study has no board")
    const nats = <C extends NonNullable<typeof study.board.reference>>(column: C) => ({
      ...column,
      unit: "nats",
      entries: new Map([...column.entries].map(([model, entry]) => [model, { ...entry, unit: "nats" }])),
    })
    const { reference } = study.board
    const board = {
      ...study.board,
      columns: study.board.columns.map(nats),
      reference: reference === undefined ? undefined : nats(reference),
    }
    const drawn = draw(
      reportOf({ models: 3 }, { studies: [{ ...study, intervals: { missing: "no intervals" }, board }] }),
    )
    expect(words(drawn.document.querySelector("#table-2"))).toContain("Values are in nats")
    const first = reference?.entries.get(study.models[0] ?? "")?.value ?? 0
    expect(body(drawn, "table-2")[0]?.[1]).toBe(first.toFixed(3))
    expect(drawn.document.querySelectorAll("#figure-1, #figure-3, #figure-4").length).toBe(0)
    expect(words(drawn.document.querySelector("#summary"))).toContain(`${first.toFixed(3)} nats, over 10,000 images`)
  })

  it("a leaderboard that was not computed leaves the statistics", () => {
    const study = without(studyOf({ models: 3 }), "board")
    const drawn = draw(reportOf({ models: 3 }, { studies: [study] }))
    expect(words(drawn.document.querySelector("#scores .missing"))).toContain("Tables I to IV, Figures 1, 3 and 4")
    expect(charts(drawn, "rank-sets").length).toBe(6)
  })
})

describe("a pipeline that is not fresh", () => {
  it("is said so at the top, with reasons and what to run", () => {
    const node = (name: string, state: Report["plan"]["nodes"][number]["state"]) => ({
      name,
      stage: name,
      state,
      shards: undefined,
      inputs: [],
      target: undefined,
    })
    const drawn = draw(
      reportOf(
        { models: 3 },
        {
          plan: planOf([
            node("aggregate", { _tag: "stale", reason: "param reference changed" }),
            node("score", { _tag: "fresh" }),
            node("verdicts", { _tag: "waiting", for: ["aggregate"] }),
          ]),
          sources: [
            sourceOf("aggregate", { fresh: false, state: { _tag: "stale", reason: "param reference changed" } }),
            sourceOf("b"),
          ],
        },
      ),
    )
    const notice = words(drawn.document.querySelector(".notice"))
    expect(notice).toContain("1 stale, 1 waiting and 0 failed of 3 nodes")
    expect(notice).toContain("pipeline run")
    expect(notice).toContain("aggregate: stale: param reference changed")
    expect(words(drawn.document.querySelector("#table-3 .from"))).toBe("From aggregate (● from an earlier run)")
    expect(words(drawn.document.querySelector("#source-0"))).toContain(
      "from an earlier run; now stale: param reference changed",
    )
    expect(draw(reportOf({ models: 3 })).document.querySelector(".notice")).toBe(null)
  })
})

describe("several benchmarks in one pipeline", () => {
  it("have a part each, without clashes of names", () => {
    const drawn = draw(
      reportOf({ models: 3 }, { studies: [studyOf({ models: 3 }), { ...studyOf({ models: 4 }), title: "masked" }] }),
    )
    expect([...drawn.document.querySelectorAll(".study > h2")].map(words)).toEqual(["table", "masked"])
    const ids = [...drawn.document.querySelectorAll("[id]")].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(body(drawn, "study-2-table-2").length).toBe(4)
  })
})

describe("a benchmark of 200 models", () => {
  it("stays small: charts show the first, say so, and tables have all", () => {
    const drawn = draw(reportOf({ models: 200 }))
    expect(drawn.text.length).toBeLessThan(3_000_000)
    expect(body(drawn, "table-2").length).toBe(200)
    expect(words(drawn.document.querySelector("#figure-1 .note"))).toContain(
      "12 of 200 models have a name and a colour",
    )
    expect(words(drawn.document.querySelector("#rank-sets .note"))).toContain("The first 40 of 200 models")
    expect(words(drawn.document.querySelector("#differences .note"))).toContain("The first 24 of 200 models")
    expect(words(drawn.document.querySelector("#pairs .note"))).toContain("The first 400 of 119,400 rows")
    expect(charts(drawn, "forest").length).toBe(12)
  })
})
