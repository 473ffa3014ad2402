import { describe, expect, it } from "@effect/vitest"
import { frame, redraw } from "../../src/report/live.ts"
import { after, lineOf, none, type Progress, text } from "../../src/report/progress.ts"
import { plain } from "../../src/report/style.ts"
import type { Event } from "../../src/run/Event.ts"

const planned = (...stages: ReadonlyArray<readonly [stage: string, nodes: number, shards: number]>): Event => ({
  event: "planned",
  nodes: stages.reduce((sum, [, nodes]) => sum + nodes, 0),
  fresh: 0,
  stale: 0,
  waiting: 0,
  stages: stages.map(([stage, nodes, shards]) => ({ stage, nodes, fresh: 0, shards, rowWise: shards > nodes })),
})
const started = (node: string, stage: string, executed: number, cached = 0): Event => ({
  event: "started",
  node,
  stage,
  reason: "never computed",
  shards: { executed, cached },
})
const rows = (node: string, stage: string, done: number, total: number, shards?: number): Event => ({
  event: "progress",
  node,
  stage,
  done,
  total,
  unit: "rows",
  ...(shards === undefined ? {} : { shards }),
})
const finished = (node: string, stage: string, executed: number, cached = 0): Event => ({
  event: "finished",
  node,
  stage,
  rows: 0,
  bytes: 0,
  skippedRows: 0,
  seconds: 1,
  shards: { executed, cached },
  changed: true,
})

// Cursor up, clear the line, clear what is below, a line break, letters.
// oxlint-disable-next-line no-control-regex
const control = /\u001b\[(\d+)A|(\u001b\[2K)|(\u001b\[J)|(\n)|([^\u001b\n\r]+)/g

/** What is known after events at the seconds given. */
const told = (...events: ReadonlyArray<readonly [seconds: number, event: Event]>): Progress =>
  events.reduce((progress, [seconds, event]) => after(progress, event, seconds * 1000), none)

const linesAt = (progress: Progress, seconds: number) =>
  progress.stages.map((stage) => text(lineOf(stage, seconds * 1000)))

describe("a stage's line", () => {
  it("tells shards, cached ones, the rate and the time left", () => {
    const progress = told(
      [0, planned(["extract", 4, 96])],
      [0, { event: "cached", node: "d", stage: "extract", shards: 8 }],
      [0, started("a", "extract", 20, 4)],
      [13, rows("a", "extract", 26_000, 20_000, 20)],
      [13, finished("a", "extract", 20, 4)],
      [13, started("b", "extract", 32)],
      [20, rows("b", "extract", 12_440, 60_000, 6)],
    )
    // 38,440 rows in 20 s; 26.6 shards, by the rows, of the 84 that were not cached: 57.4 are left.
    expect(linesAt(progress, 20)).toEqual(["extract  38/96 shards  cached 12  1,922 img/s  eta 0:44"])
    // Time goes on without news.
    expect(linesAt(progress, 31)).toEqual(["extract  38/96 shards  cached 12  1,240 img/s  eta 1:07"])
  })

  it("counts only the time in which the stage was at work", () => {
    const progress = told(
      [0, planned(["extract", 2, 20])],
      [0, started("a", "extract", 10)],
      [10, rows("a", "extract", 1_000, 1_000, 10)],
      [10, finished("a", "extract", 10)],
      [60, started("b", "extract", 10)],
      [65, rows("b", "extract", 500, 1_000, 5)],
    )
    expect(linesAt(progress, 65)).toEqual(["extract  15/20 shards  100 img/s  eta 0:05"])
  })

  it("counts nodes where nothing is cut into shards, with what the stage itself counts", () => {
    const progress = told(
      [0, planned(["fitProbe", 4, 4])],
      [0, started("a", "fitProbe", 1)],
      [10, finished("a", "fitProbe", 1)],
      [10, started("b", "fitProbe", 1)],
      [15, { event: "progress", node: "b", stage: "fitProbe", done: 45, total: 90, unit: "epochs" }],
    )
    expect(linesAt(progress, 15)).toEqual(["fitProbe  1/4 nodes  eta 0:25  epochs 45/90"])
    const noted = { event: "progress", node: "b", stage: "fitProbe", done: 46, total: 90, unit: "epochs" } as const
    const said = after(progress, { ...noted, note: "loss .412, held out 71.3%" }, 15_000)
    expect(linesAt(said, 15)).toEqual(["fitProbe  1/4 nodes  eta 0:25  epochs 46/90  loss .412, held out 71.3%"])
  })

  it("says how long a stage took once it is done, and that one is ahead before it begins", () => {
    const progress = told(
      [0, planned(["decode", 1, 2], ["score", 2, 2])],
      [0, started("a", "decode", 2)],
      [4, rows("a", "decode", 100, 100, 2)],
      [4, finished("a", "decode", 2)],
    )
    expect(linesAt(progress, 9)).toEqual(["decode  2/2 shards  25 img/s  in 4.0 s", "score  0/2 nodes"])
    expect(progress.stages.map((stage) => lineOf(stage, 9_000).phase)).toEqual(["done", "ahead"])
  })

  it("tells what failed and what that blocks", () => {
    const progress = told(
      [0, planned(["extract", 2, 2], ["score", 2, 2])],
      [0, started("a", "extract", 1)],
      [1, { event: "failed", node: "a", stage: "extract", message: "no" }],
      [1, { event: "blocked", node: "s", stage: "score", by: "a" }],
      [1, started("b", "extract", 1)],
      [2, finished("b", "extract", 1)],
    )
    expect(linesAt(progress, 2)).toEqual(["extract  1/2 nodes  in 2.0 s  1 failed", "score  0/2 nodes  1 blocked"])
    expect(progress.stages.map((stage) => lineOf(stage, 2_000).phase)).toEqual(["failed", "ahead"])
  })

  it("knows as much as it was told where there is no plan", () => {
    const progress = told([0, started("a", "extract", 3)], [1, rows("a", "extract", 10, 30, 1)])
    expect(linesAt(progress, 1)).toEqual(["extract  1/3 shards  10 img/s  eta 0:02"])
  })

  it("reckons shards from rows where they are not told", () => {
    const progress = told(
      [0, planned(["extract", 1, 8])],
      [0, started("a", "extract", 6, 2)],
      [2, rows("a", "extract", 500, 1_000)],
    )
    expect(linesAt(progress, 2)).toEqual(["extract  6/8 shards  cached 2  250 img/s  eta 0:01"])
  })

  it("leaves the former state as it was", () => {
    const before = told([0, started("a", "extract", 3)])
    after(before, rows("a", "extract", 10, 30, 1), 1000)
    expect(linesAt(before, 1)).toEqual(["extract  0/3 shards"])
  })
})

describe("the live view", () => {
  const progress = told(
    [0, planned(["decode", 1, 2], ["extract", 8, 96], ["score", 8, 8])],
    [0, started("a", "decode", 2)],
    [4, finished("a", "decode", 2)],
    [4, started("b", "extract", 12, 2)],
    [6, rows("b", "extract", 2_480, 9_000, 4)],
  )

  it("has a line a stage with a sign of its phase, columns below one another", () => {
    expect(frame(progress, 6_000, plain)).toEqual([
      "✓  decode    2/2 shards                                   in 4.0 s",
      "›  extract  6/96 shards  cached 2  1,240 img/s  eta 0:45",
      "·  score      0/8 nodes",
    ])
  })

  it("never takes more columns or lines than the terminal has", () => {
    const narrow = frame(progress, 6_000, { colour: true, columns: 30, rows: 24 })
    // oxlint-disable-next-line no-control-regex
    const widths = narrow.map((line) => line.replaceAll(/\u001b\[\d+m/g, "").length)
    expect(Math.max(...widths)).toBeLessThan(30)
    expect(frame(progress, 6_000, { ...plain, rows: 2 })).toEqual([expect.stringContaining("extract")])
  })

  it("leaves on the screen what it last drew, below the lines that were to stay", () => {
    const screen: Array<string> = []
    let row = 0
    const show = (output: string) => {
      for (const [, up, clear, below, newline, letters] of output.matchAll(control)) {
        if (up !== undefined) row -= Number(up)
        if (clear !== undefined) screen[row] = ""
        if (below !== undefined) screen.length = Math.min(screen.length, row)
        if (newline !== undefined) row++
        if (letters !== undefined) screen[row] = letters
      }
    }
    show(redraw(0, [], ["a 1", "b 1"]))
    show(redraw(2, ["warning"], ["a 2", "b 2", "c 2"]))
    show(redraw(3, [], ["a 3"]))
    expect(screen).toEqual(["warning", "a 3"])
  })
})
