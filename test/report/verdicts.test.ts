import { expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Verdicts from "../../src/report/verdicts.ts"
import { plain } from "../../src/report/style.ts"

it("tells the whole first, then the neighbours, and leaves the rest to the table", () => {
  const rows = [
    { kind: "neighbours", a: "x", b: "y", text: "x and y are indistinguishable" },
    { kind: "method", a: "", b: "", text: "how" },
    { kind: "overall", a: "", b: "", text: "x is surely first" },
  ]
  expect(Option.getOrThrow(Verdicts.render(rows, plain))).toEqual([
    "Which differences are real?",
    "- x is surely first",
    "- x and y are indistinguishable",
  ])
})

it("takes no other table for verdicts", () => {
  expect(Option.isNone(Verdicts.render([{ kind: 3 }], plain))).toBe(true)
})
