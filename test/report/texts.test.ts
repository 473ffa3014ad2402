import { describe, expect, it } from "@effect/vitest"
import * as Format from "../../src/report/format.ts"
import { blocks, fit, grid } from "../../src/report/grid.ts"
import { paint, plain, wantsColour } from "../../src/report/style.ts"

describe("figures", () => {
  it("sets thousands apart", () => {
    expect([0, 999, 1240, 1234567].map(Format.count)).toEqual(["0", "999", "1,240", "1,234,567"])
  })

  it("counts things in singular and plural", () => {
    expect(Format.counted(1, "node")).toBe("1 node")
    expect(Format.counted(1200, "node")).toBe("1,200 nodes")
  })

  it("shows time as a clock does, rounded up so that it never says 0:00 before the end", () => {
    expect([0, 0.2, 21, 75, 3723].map(Format.clock)).toEqual(["0:00", "0:01", "0:21", "1:15", "1:02:03"])
  })

  it("says how long something took in words that fit its size", () => {
    const said = [0.04, 0.9996, 9.94, 9.96, 59.4, 59.6].map(Format.duration)
    expect(said).toEqual(["40 ms", "1.0 s", "9.9 s", "10 s", "59 s", "1:00"])
  })

  it("shows sizes in steps of a thousand", () => {
    expect([0, 812, 999, 1000, 41_300_000, 999_700_000, 20e9].map(Format.bytes)).toEqual([
      "0 B",
      "812 B",
      "999 B",
      "1.0 kB",
      "41 MB",
      "1.0 GB",
      "20 GB",
    ])
  })

  it("shows shares in percent with one decimal, and a dash where there is none", () => {
    expect([0, 0.6125, 1, Number.NaN].map(Format.percent)).toEqual(["0.0", "61.3", "100.0", "–"])
  })
})

describe("grid", () => {
  it("puts columns below one another and leaves out those without a word", () => {
    expect(
      grid(
        [
          ["a", "1", "", "x"],
          ["bcd", "23", "", ""],
        ],
        ["left", "right"],
      ),
    ).toEqual(["a     1  x", "bcd  23"])
  })

  it("measures what a terminal shows: colours take no room, wide letters take two cells", () => {
    const red = paint({ ...plain, colour: true }, "bad", "ab")
    expect(
      grid(
        [
          [red, "x"],
          ["モデル", "y"],
        ],
        [],
      ),
    ).toEqual([`${red}      x`, "モデル  y"])
  })

  it("goes on below where a table is too wide, with its first column at the head of each part", () => {
    const rows = [
      ["model", "one", "two", "three"],
      ["hog", "1", "2", "3"],
      ["foot", "9", "", ""],
    ]
    expect(blocks(rows, ["left", "right", "right", "right"], 15)).toEqual([
      ["model  one  two", "hog      1    2", "foot     9"],
      ["model  three", "hog        3"],
    ])
    expect(blocks(rows, [], undefined)).toHaveLength(1)
  })

  it("shows a column that is wider than the terminal all the same", () => {
    expect(blocks([["a", "bbbbbbbbbb", "c"]], [], 5)).toEqual([["a  bbbbbbbbbb"], ["a  c"]])
  })

  it("cuts a line to the width it has", () => {
    expect(fit("extract  3/4 shards", 10)).toBe("extract  …")
    expect(fit("extract", 7)).toBe("extract")
    expect(fit("extract", undefined)).toBe("extract")
    expect(fit("モデル", 5)).toBe("モデ…")
  })
})

describe("colour", () => {
  it("goes to terminals only, unless asked for or forbidden", () => {
    expect(wantsColour({}, true)).toBe(true)
    expect(wantsColour({}, false)).toBe(false)
    expect(wantsColour({ NO_COLOR: "1" }, true)).toBe(false)
    expect(wantsColour({ NO_COLOR: "" }, true)).toBe(true)
    expect(wantsColour({ NO_COLOR: "1", FORCE_COLOR: "1" }, true)).toBe(false)
    expect(wantsColour({ FORCE_COLOR: "1" }, false)).toBe(true)
    expect(wantsColour({ FORCE_COLOR: "0" }, true)).toBe(false)
    expect(wantsColour({ TERM: "dumb" }, true)).toBe(false)
  })

  it("is left out where it is not wanted", () => {
    expect(paint(plain, "bad", "x")).toBe("x")
    expect(paint({ ...plain, colour: true }, "bad", "x")).toBe("\u001b[31mx\u001b[39m")
  })
})
