import { createHash } from "node:crypto"
import { beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parseHTML } from "linkedom"
import { page } from "../../../src/report/html/page.ts"
import type { Report, Study } from "../../../src/report/html/Study.ts"
import { galleryOf, planOf, reportOf, sourceOf, studyOf } from "./made.ts"

const script = 'document.body.dataset.ran = "yes"'

const draw = (report: Report) => {
  const text = page(report, { script, graph: '<svg id="dag"></svg>' })
  return { text, document: parseHTML(text).document }
}
type Drawn = ReturnType<typeof draw>

const words = (element: { readonly textContent: string | null } | null | undefined): string =>
  (element?.textContent ?? "").replaceAll(/\s+/g, " ").trim()

const body = ({ document }: Drawn, id: string) =>
  [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => [...row.querySelectorAll("th, td")].map(words))

const charts = ({ document }: Drawn, id: string): ReadonlyArray<string> =>
  [...document.querySelectorAll(`#${id} svg.chart`)].map((svg) => svg.getAttribute("aria-label") ?? "")

describe("the page", () => {
  let drawn: Drawn
  beforeAll(async () => {
    const gallery = await Effect.runPromise(galleryOf(["DINO", "Swav"]))
    drawn = draw(
      reportOf(
        { models: 12, gallery, classNames: ["tench", "goldfish", "shark", "ray"] },
        {
          skipped: {
            rows: [{ id: "bad.jpg", stage: "decode", reason: "the file is empty", node: "extract(hog)" }],
            sources: [1],
            total: 1,
          },
        },
      ),
    )
  })

  it("asks the network for nothing and runs its own script alone", () => {
    const { document } = drawn
    const hash = createHash("sha256").update(script).digest("base64")
    const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content")
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`script-src 'sha256-${hash}'`)
    const urls = [...document.querySelectorAll("[src], [href]")].map(
      (element) => element.getAttribute("src") ?? element.getAttribute("href") ?? "",
    )
    expect(urls.filter((url) => !url.startsWith("#") && !url.startsWith("data:"))).toEqual([])
    expect(document.querySelectorAll("link[rel=stylesheet], iframe, object").length).toBe(0)
    expect(drawn.text).toContain(`<script>${script}</script>`)
  })

  it("has headings in order, landmarks, and links that lead somewhere", () => {
    const { document } = drawn
    const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) => Number(tagName.slice(1)))
    levels.slice(1).forEach((level, at) => expect(level - (levels[at] ?? 0)).toBeLessThanOrEqual(1))
    expect(document.querySelectorAll("main, nav[aria-label], header").length).toBe(3)
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const link of document.querySelectorAll("a[href^='#']")) {
      expect(ids).toContain(link.getAttribute("href")?.slice(1))
    }
  })

  it("says in words what can be said, the overall verdict first", () => {
    const { document } = drawn
    expect(words(document.querySelector("#summary .overall"))).toBe("On validation DINO and Swav could each be first.")
    expect(words(document.querySelector("#summary .verdicts li"))).toBe(
      "DINO and Swav are indistinguishable on validation (p = .41).",
    )
    const facts = words(document.querySelector("#summary .facts"))
    expect(facts).toContain("First on validation DINO")
    expect(facts).toContain("W = 0.77")
  })

  it("Table I: what the sets are made of", () => {
    expect(body(drawn, "table-1").slice(0, 2)).toEqual([
      ["validation (reference)", "10,000", "0", "0", "20", "37–62", "0"],
      ["real", "10,000", "1", "33", "20", "37–62", "410"],
    ])
  })

  it("Table II: accuracies with intervals, the best in bold, in full for the CSV", () => {
    const cell = drawn.document.querySelector("#table-2 tbody td")
    expect(words(cell)).toBe("75.0 74.5–75.5")
    expect(cell?.getAttribute("class")).toBe("n best")
    expect(cell?.getAttribute("data-v")).toBe("0.75")
    expect(cell?.getAttribute("data-low")).toBe("0.745")
  })

  it("Table III: ranks with signed changes and marks of ties", () => {
    const rows = body(drawn, "table-3")
    expect(rows[0]?.slice(0, 3)).toEqual(["DINO", "1", "1* ="])
    expect(rows[1]?.slice(0, 3)).toEqual(["Swav", "2", "1* ▲1"])
    const up = drawn.document.querySelectorAll("#table-3 tbody tr")[1]?.querySelectorAll("td")[1]
    expect(up?.getAttribute("class")).toBe("n better")
    expect(words(drawn.document.querySelector("#table-3-caption"))).toContain("tied")
  })

  it("Table IV: aggregates with intervals, each beside its rank", () => {
    const heads = [...drawn.document.querySelectorAll("#table-4 thead th")].map((head) => [
      head.getAttribute("data-key"),
      words(head),
    ])
    expect(heads).toEqual([
      ["model", "model"],
      ["weighted", "Weighted average"],
      ["weighted rank", "Rank"],
      ["geometric", "Geometric mean"],
      ["geometric rank", "Rank"],
    ])
    expect(body(drawn, "table-4")[0]?.[1]).toMatch(/^\d+\.\d \d+\.\d–\d+\.\d$/)
  })

  it("Figure 1: a line a model over the sets, and one of its ranks, with names at the ends", () => {
    expect(charts(drawn, "figure-1")).toEqual([
      "Accuracy of 12 models on 6 sets, a line a model",
      "Ranks of 12 models on each set and by each aggregate, a line a model",
    ])
    const [lines, bump] = [...drawn.document.querySelectorAll("#figure-1 svg")].map(
      (svg) => [...svg.querySelectorAll("text")].filter(({ textContent }) => textContent === "MoCo").length,
    )
    expect([lines, bump]).toEqual([1, 2])
    const texts = [...drawn.document.querySelectorAll("#figure-1 svg text")].map(words)
    expect(texts).toContain("↑ Accuracy (%)")
    expect(texts.some((text) => text.includes("Rank (1 is best)"))).toBe(true)
  })

  it("Figure 3: each set against the reference with its line, band and r", () => {
    expect(charts(drawn, "figure-3")[0]).toBe(
      "Accuracy on real against that on validation, r = −.015 [−.600, .600], n = 12",
    )
    expect(charts(drawn, "figure-3").length).toBe(5)
    const first = drawn.document.querySelector("#figure-3 svg.chart")
    expect(first?.querySelectorAll("path").length).toBeGreaterThan(2)
  })

  it("Figure 4: aggregates before the single sets", () => {
    expect(words(drawn.document.querySelector("#figure-4 .legend"))).toContain(
      "Weighted average Geometric mean a single set (real, v2, rendition, sketch, adversarial)",
    )
    // Five sets of twelve models, and their weighted averages.
    expect(drawn.document.querySelectorAll("#figure-4 svg.chart circle").length).toBe(72)
  })

  it("rank sets, differences, forests, chances and curves are figures with words for each panel", () => {
    expect(charts(drawn, "rank-sets").length).toBe(6)
    expect(charts(drawn, "differences")[0]).toContain("Paired differences of 12 models on validation")
    expect(drawn.document.querySelectorAll("#differences option").length).toBe(6)
    expect(charts(drawn, "forest")[0]).toBe("Difference of DINO and Swav on each set and combined over sets")
    expect(charts(drawn, "forest").length).toBe(11)
    expect(charts(drawn, "first")).toContain(
      "Probability of being first: Weights of sets drawn at random, by weighted average",
    )
    expect(charts(drawn, "rank-chances").length).toBe(4)
    expect(charts(drawn, "curves")).toEqual(["Training loss of 12 probes over 30 epochs (linear/cole)"])
    const swept = [...drawn.document.querySelectorAll("#sweeps tbody tr")].map((row) =>
      [...row.querySelectorAll("th, td")].slice(2).map(words),
    )
    expect(swept).toEqual([
      ["rate 0.1", "71.2", "chosen: best"],
      ["rate 1", "73.4", "chosen: final"],
      ["rate 100", "–", "its loss was not finite in epoch 2"],
    ])
  })

  it("every two models: neighbours first, the better placed one as a", () => {
    const [first] = body(drawn, "pairs")
    expect(first?.slice(0, 3)).toEqual(["validation", "DINO", "Swav"])
    expect(first?.slice(5, 7)).toEqual(["120", "90"])
  })

  it("gains and losses by class: largest gains first, with what the reader may choose", () => {
    const changes = [...drawn.document.querySelectorAll("#classes tbody tr")].map((row) =>
      Number([...row.querySelectorAll("td")].at(-1)?.getAttribute("data-v")),
    )
    expect(changes.length).toBe(20)
    expect(changes).toEqual(changes.toSorted((a, b) => b - a))
    expect(drawn.document.querySelectorAll("form[data-classes] select").length).toBe(3)
    expect(words(drawn.document.querySelector("#classes tbody"))).toContain("tench")
  })

  it("the gallery: each picture with the truth and both guesses, right or wrong in signs and words", () => {
    const item = drawn.document.querySelector(".gallery li")
    expect(item?.querySelector("img")?.getAttribute("src")).toMatch(/^data:image\/jpeg;base64,\/9j\//)
    expect(words(item)).toBe("tench ✓ DINO: tench ✗ Swav: class 9 validation/0")
    expect(words(drawn.document.querySelector(".gallery .note"))).toBe("115 images only DINO gets right, 72 only Swav.")
  })

  it("the gallery says where pictures cannot be had", () => {
    const gallery = { models: ["DINO", "Swav"] as const, sets: [{ set: "v2", only: [3, 4] as const, shown: [] }] }
    const { document } = draw(reportOf({ models: 3, gallery }))
    expect([...document.querySelectorAll(".gallery .note")].map(words)).toEqual([
      "3 images only DINO gets right, 4 only Swav.",
      "These images cannot be read now.",
    ])
  })

  it("images left out have their reasons", () => {
    expect(body(drawn, "skipped")).toEqual([["bad.jpg", "decode", "the file is empty", "extract(hog)"]])
  })

  it("provenance: node, key, artifact, code, versions and host", () => {
    const row = words(drawn.document.querySelector("#source-0"))
    for (const part of ["aggregate(table)", "(target table)", "✓ fresh", "x1aa", "x1bb", "x1cc"])
      expect(row).toContain(part)
    expect(words(drawn.document.querySelector("#versions-1"))).toBe("effect 4.1.0")
    expect(words(drawn.document.querySelector("#host-1"))).toBe("host here, node v24")
    expect(drawn.document.querySelectorAll("#graph-figure svg#dag").length).toBe(1)
  })

  it("every table can be saved and every figure too", () => {
    const { document } = drawn
    const tables = [...document.querySelectorAll("table")].map((table) => table.closest("section.table")?.id)
    expect([...document.querySelectorAll("button[data-csv]")].map((button) => button.getAttribute("data-csv"))).toEqual(
      tables,
    )
    const figures = [...document.querySelectorAll("main figure[id]")].map(({ id }) => id)
    expect([...document.querySelectorAll("button[data-svg]")].map((button) => button.getAttribute("data-svg"))).toEqual(
      figures,
    )
  })
})

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
