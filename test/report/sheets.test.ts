import { describe, expect, it } from "@effect/vitest"
import * as Table from "../../src/arrow/Table.ts"
import type { Entry } from "../../src/report/Board.ts"
import { latex } from "../../src/report/latex.ts"
import { markdown } from "../../src/report/markdown.ts"
import { boardSheets, rowSheet } from "../../src/report/sheets.ts"

const names = ["A_1 & co", "B|{x}"]

const column = (
  name: string,
  kind: Entry["kind"],
  cells: ReadonlyArray<readonly [value: number, rank: number, change: number]>,
): ReadonlyArray<Entry> =>
  cells.map(([value, rank, change], at) => ({
    model: names[at] ?? "",
    column: name,
    kind,
    value,
    rank,
    change,
    images: 10,
    skipped: 0,
  }))

const board = [
  ...column("val", "set", [
    [0.5, 1, 0],
    [0.25, 2, 0],
  ]),
  ...column("100%", "set", [
    [0.1, 2, -1],
    [0.2, 1, 1],
  ]),
  ...column("tie", "set", [
    [0.3, 1, 0],
    [0.3, 1, 1],
  ]),
  ...column("weighted", "aggregate", [
    [0.2, 2, -1],
    [0.25, 1, 1],
  ]),
]

describe("a leaderboard for a paper", () => {
  it("does not call scores in nats accuracies in percent", () => {
    const [scores, ranks, aggregates] = boardSheets(board.map((entry) => ({ ...entry, unit: "nats" })))
    expect(scores?.title).toBe("Scores in nats; the best of each set in bold")
    expect(scores?.rows[0]?.map(({ text }) => text)).toEqual(["A_1 & co", "0.500", "0.100", "0.300"])
    expect(ranks?.title).toBe("Ranks by scores, with changes against val; * tied")
    expect(aggregates?.title).toMatch(/^Aggregates over all sets but val in nats, and ranks/u)
  })

  it("is three tables: scores, ranks with changes, aggregates with ranks", () => {
    const [scores, ranks, aggregates] = boardSheets(board)
    expect(scores?.head).toEqual(["Model", "val", "100%", "tie"])
    expect(scores?.rows[0]?.map(({ best, text }) => [text, best === true])).toEqual([
      ["A_1 & co", false],
      ["50.0", true],
      ["10.0", false],
      ["30.0", true],
    ])
    expect(ranks?.title).toBe("Ranks by accuracy, with changes against val; * tied")
    expect(ranks?.rows[1]?.slice(1)).toEqual([
      { text: "2", tied: false },
      { text: "1", tied: false, change: 1 },
      { text: "1", tied: true, change: 1 },
    ])
    expect(aggregates?.head).toEqual(["Model", "Weighted average", "Rank"])
    expect(boardSheets(board.filter(({ kind }) => kind === "set")).length).toBe(2)
  })

  it("in LaTeX has signed, coloured changes, and nothing that LaTeX would take for its own", () => {
    const lines = latex(boardSheets(board))
    expect(lines.filter((line) => line.startsWith("\\begin{tabular}"))).toEqual([
      "\\begin{tabular}{lrrr}",
      "\\begin{tabular}{lrrr}",
      "\\begin{tabular}{lrr}",
    ])
    expect(lines).toContain("Model & val & 100\\% & tie \\\\")
    expect(lines).toContain("A\\_1 \\& co & \\textbf{50.0} & 10.0 & \\textbf{30.0} \\\\")
    expect(lines).toContain("A\\_1 \\& co & 1 & 2 \\textcolor{worse}{($-$1)} & 1$^{*}$ (+0) \\\\")
    expect(lines).toContain("B|\\{x\\} & 2 & 1 \\textcolor{better}{(+1)} & 1$^{*}$ \\textcolor{better}{(+1)} \\\\")
    const text = lines.join("\n").replaceAll(/\\[\\{}&%]/g, "")
    expect(text.split("{").length).toBe(text.split("}").length)
    for (const begun of text.match(/\\begin\{\w+\}/g) ?? []) expect(text).toContain(begun.replace("begin", "end"))
  })

  it("in Markdown has tables that no name can break", () => {
    const lines = markdown(boardSheets(board))
    expect(lines.slice(0, 6)).toEqual([
      "Accuracy in percent; the best of each set in bold.",
      "",
      "| Model | val | 100% | tie |",
      "| :--- | ---: | ---: | ---: |",
      "| A\\_1 \\& co | **50.0** | 10.0 | **30.0** |",
      "| B\\|\\{x\\} | 25.0 | **20.0** | **30.0** |",
    ])
    expect(lines).toContain("| A\\_1 \\& co | 1 | 2 ▼1 | 1\\* = |")
    for (const line of lines.filter((line) => line.startsWith("|"))) {
      expect(line.replaceAll("\\|", "").split("|").length).toBe(
        line.includes("Rank") || lines.indexOf(line) > 15 ? 5 : 6,
      )
    }
  })
})

describe("any other table", () => {
  const Verdicts = Table.whole("verdicts", { text: "utf8", p: "float64", n: "int32" })
  const text = `${"long ".repeat(30)}\nend \\ $5 ~ ^ <b> –`

  it("is written row by row, texts in full and numbers to the right", () => {
    const sheet = rowSheet(Verdicts, [{ text, p: 1 / 3, n: 3 }])
    expect(sheet.align).toEqual(["left", "right", "right"])
    expect(sheet.rows[0]?.map((cell) => cell.text)).toEqual([text, "0.333333", "3"])
    const line = latex([sheet]).find((line) => line.startsWith("long"))
    expect(line).toMatch(
      /^(?:long ){30}end \\textbackslash\{\} \\\$5 \\textasciitilde\{\} \\textasciicircum\{\} \\textless\{\}b\\textgreater\{\} -- & 0\.333333 & 3 \\\\$/,
    )
    expect(latex([sheet]).join("\n")).not.toContain("definecolor")
    expect(markdown([sheet]).at(-1)).toContain("end \\\\ $5 \\~ ^ \\<b\\> –")
  })
})
