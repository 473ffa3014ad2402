import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fold } from "../../../src/report/picture/fold.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Draft = Schema.Struct({ stage: between(0, 4), picks: Schema.Tuple([between(0, 99), between(0, 99)]) })

/** A random graph of few stages: every node takes up to two of those before it. */
const graph = (drafts: ReadonlyArray<typeof Draft.Type>) =>
  drafts.map(({ picks, stage }, at) => ({
    stage: `s${stage}`,
    inputs: [...new Set(picks.filter((pick) => pick < 70).map((pick) => pick % Math.max(1, at)))].filter(
      (input) => input < at,
    ),
  }))

describe("folding", () => {
  it.effect.prop(
    "keeps every node once, stages apart, and no box stands on itself",
    [Arbitrary.array(Arbitrary.schema(Draft), { minLength: 1, maxLength: 40 })],
    ([drafts]) =>
      Effect.sync(() => {
        const nodes = graph(drafts)
        const { edges, groups } = fold(
          nodes,
          nodes.map(() => ""),
        )
        expect(groups.flat().toSorted((a, b) => a - b)).toEqual([...nodes.keys()])
        for (const group of groups) expect(new Set(group.map((at) => nodes[at]?.stage)).size).toBe(1)
        // Groups come in the order in which they stand on one another: so there is no circle.
        for (const [from, to] of edges) expect(from).toBeLessThan(to)
        const home = new Map(groups.flatMap((group, at) => group.map((node) => [node, at] as const)))
        const wanted = new Set(
          nodes.flatMap(({ inputs }, at) => inputs.map((input) => `${home.get(input)} ${home.get(at)}`)),
        )
        expect(new Set(edges.map((edge) => edge.join(" ")))).toEqual(
          new Set([...wanted].filter((edge) => edge.split(" ")[0] !== edge.split(" ")[1])),
        )
      }),
  )

  it("takes a stage apart where it stands on itself by way of others, and only there", () => {
    // decode -> predict -> pick -> decode again; a second set is decoded once.
    const nodes = [
      { stage: "decode", inputs: [] },
      { stage: "decode", inputs: [] },
      { stage: "predict", inputs: [0] },
      { stage: "predict", inputs: [1] },
      { stage: "pick", inputs: [2] },
      { stage: "decode", inputs: [4] },
      { stage: "predict", inputs: [5] },
    ]
    expect(
      fold(
        nodes,
        nodes.map(() => ""),
      ).groups,
    ).toEqual([[0, 1], [2, 3], [4], [5], [6]])
  })

  it("takes two stages apart that stand on each other", () => {
    const nodes = [
      { stage: "a", inputs: [] },
      { stage: "b", inputs: [0] },
      { stage: "b", inputs: [] },
      { stage: "a", inputs: [2] },
    ]
    const { edges, groups } = fold(
      nodes,
      nodes.map(() => ""),
    )
    expect(groups.flat().toSorted((x, y) => x - y)).toEqual([0, 1, 2, 3])
    for (const [from, to] of edges) expect(from).toBeLessThan(to)
  })

  it("makes one box of a long chain of one stage", () => {
    const chain = Array.from({ length: 5_000 }, (_, at) => ({ stage: "n", inputs: at === 0 ? [] : [at - 1] }))
    const { edges, groups } = fold(
      chain,
      chain.map(() => "t"),
    )
    expect([groups.length, groups[0]?.length, edges.length]).toEqual([1, 5_000, 0])
  })

  it("follows a long chain of different stages", () => {
    const chain = Array.from({ length: 5_000 }, (_, at) => ({ stage: `n${at}`, inputs: at === 0 ? [] : [at - 1] }))
    expect(
      fold(
        chain,
        chain.map(() => "t"),
      ).groups,
    ).toHaveLength(5_000)
  })
})
