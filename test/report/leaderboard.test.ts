import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { type Entry, fromRows } from "../../src/report/Board.ts"
import { render } from "../../src/report/leaderboard.ts"
import { plain } from "../../src/report/style.ts"

const models = ["pca", "hog", "pixels"]
const column = (
  name: string,
  kind: Entry["kind"],
  cells: ReadonlyArray<readonly [value: number, rank: number, change: number]>,
  images = 0,
  skipped = 0,
): ReadonlyArray<Entry> =>
  cells.map(([value, rank, change], at) => ({
    model: models[at] ?? "",
    column: name,
    kind,
    value,
    rank,
    change,
    images,
    skipped,
  }))

const board = [
  ...column(
    "validation",
    "set",
    [
      [0.5, 2, 0],
      [0.6125, 1, 0],
      [0.4, 3, 0],
    ],
    1960,
  ),
  ...column(
    "weighted",
    "aggregate",
    [
      [0.31, 1, 1],
      [0.3, 2, -1],
      [0.2, 3, 0],
    ],
    2440,
  ),
  ...column(
    "sketch",
    "set",
    [
      [0.4, 1, 1],
      [0.4, 1, 0],
      [0.05, 3, 0],
    ],
    480,
    2,
  ),
]

describe("the leaderboard", () => {
  it("shows scores in percent, then ranks with their changes, in the order of the reference", () => {
    expect(render(board, plain)).toEqual([
      "Scores, in percent",
      "model    validation  sketch  weighted",
      "hog            61.3    40.0      30.0",
      "pca            50.0    40.0      31.0",
      "pixels         40.0     5.0      20.0",
      "images        1,960     480",
      "skipped           0       2",
      "",
      "Ranks, and changes against validation (▲ better, ▼ worse, = the same; * tied)",
      "model   validation  sketch  weighted",
      "hog              1   1* =       2 ▼1",
      "pca              2   1* ▲1      1 ▲1",
      "pixels           3   3  =       3 =",
    ])
  })

  it("shows what is no share as it is, and says so", () => {
    const nats = board.map((entry) => ({ ...entry, unit: "nats" }))
    expect(render(nats, plain).slice(0, 3)).toEqual([
      "Scores, in nats",
      "model    validation  sketch  weighted",
      "hog           0.613   0.400     0.300",
    ])
    const mixed = board.map((entry) => ({ ...entry, unit: entry.column === "sketch" ? "nats" : "share" }))
    expect(render(mixed, plain).slice(0, 3)).toEqual([
      "Scores, in percent (sketch in nats)",
      "model    validation  sketch  weighted",
      "hog            61.3   0.400      30.0",
    ])
  })

  it("says nothing of skipped images and ties where there are none", () => {
    const text = render(
      column(
        "validation",
        "set",
        [
          [0.5, 2, 0],
          [0.6, 1, 0],
          [0.4, 3, 0],
        ],
        10,
      ),
      plain,
    ).join("\n")
    expect(text).not.toContain("skipped")
    expect(text).not.toContain("tied")
  })

  it("goes on below where the terminal is narrow", () => {
    const lines = render(board, { ...plain, columns: 30 })
    expect(Math.max(...lines.slice(0, 9).map((line) => line.length))).toBeLessThanOrEqual(30)
    expect(lines.slice(1, 4)).toEqual([
      "model    validation  sketch",
      "hog            61.3    40.0",
      "pca            50.0    40.0",
    ])
    expect(lines).toContain("hog         30.0")
  })

  it("has a dash where a model has no score on a set", () => {
    const lines = render([...board, ...column("v2", "set", [[0.3, 1, 1]], 5)], plain)
    expect(lines[2]).toBe("hog            61.3    40.0     –      30.0")
  })

  it("is taken for one only with the columns of one", () => {
    expect(Option.isSome(fromRows(board))).toBe(true)
    expect(Option.isNone(fromRows([{ model: "hog", value: 1 }]))).toBe(true)
    expect(Option.isNone(fromRows([]))).toBe(true)
  })
})
