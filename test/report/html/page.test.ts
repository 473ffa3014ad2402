import { createHash } from "node:crypto"
import { beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { galleryOf, reportOf } from "./made.ts"
import { script, draw, type Drawn, words, body, charts } from "./drawn.ts"

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
