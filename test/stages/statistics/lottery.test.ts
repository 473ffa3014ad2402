import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Batch, Table } from "../../../src/arrow/Table.ts"
import { rowCount } from "../../../src/arrow/Batch.ts"
import { edges, type Node } from "../../../src/dsl/Node.ts"
import { whole } from "../../../src/dsl/Stage.ts"
import { random } from "../../../stages/random.ts"
import { score } from "../../../stages/score.ts"
import { publishedScores } from "../../../stages/sources/publishedScores.ts"
import { lottery, publishedLottery } from "../../../stages/statistics/lottery.ts"
import { Labels, Predictions } from "../../../stages/tables.ts"
import { services } from "../../harness.ts"
import { asInPaper, evaluating } from "./given.ts"

const Params = Schema.Struct({ set: Schema.String, images: Schema.Int })

/** Every image is of class 0. */
const labels = whole("labels", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  run: (_, { images, set }: typeof Params.Type) =>
    Effect.succeed({
      id: Array.from({ length: images }, (_, i) => `${set}/${i}`),
      labels: Array.from({ length: images }, () => Int32Array.of(0)),
    }),
})

/** Right with a probability. */
const predictions = whole("predictions", {
  module: import.meta,
  params: Schema.Struct({ model: Schema.String, set: Schema.String, images: Schema.Int, right: Schema.Finite }),
  inputs: {},
  output: Predictions,
  run: (_, { images, model, right, set }: { model: string; set: string; images: number; right: number }) => {
    const { chance } = random(`${model}/${set}`)
    return Effect.succeed({
      id: Array.from({ length: images }, (_, i) => `${set}/${i}`),
      top: Array.from({ length: images }, () => Int32Array.of(chance(right) ? 0 : 1)),
      score: Array.from({ length: images }, () => Float32Array.of(1)),
      rank: new Int32Array(images),
    })
  },
})

const sets = { validation: 400, sketch: 300, v2: 200 }
const models = { strong: 0.8, middling: 0.7, weak: 0.3 }

const cells = Object.entries(models).flatMap(([model, right]) =>
  Object.entries(sets).map(([set, images]) => ({
    model,
    set,
    predictions: predictions({ model, set, images, right }),
    labels: labels({ set, images }),
  })),
)

const alone = ["intervals", "pairs", "noise", "rankSets", "rankProbabilities", "agreement", "regressions"]
const over = ["aggregateIntervals", "aggregateRankProbabilities", "effects", "choiceOfSets"]
const names = [...alone, ...over, "verdicts"]

const all = Effect.fnUntraced(function* (nodes: Readonly<Record<string, Node>>) {
  const evaluate = evaluating()
  const made = new Map<string, Batch<Table>>()
  for (const [name, node] of Object.entries(nodes)) made.set(name, yield* evaluate(node))
  return made
})

const texts = (made: ReadonlyMap<string, Batch<Table>>) =>
  Schema.decodeUnknownSync(Schema.Array(Schema.String))(made.get("verdicts")?.text)

/** All nodes that some stand on. */
const below = (nodes: ReadonlyArray<Node>): ReadonlySet<Node> => {
  const found = new Set<Node>()
  const walk = (node: Node) => {
    if (found.has(node)) return
    found.add(node)
    for (const [, next] of edges(node)) walk(next)
  }
  nodes.forEach(walk)
  return found
}

describe("lottery", () => {
  it.effect("gives every statistic of some cells", () =>
    Effect.gen(function* () {
      const nodes = lottery({ cells, reference: "validation", resamples: 500 })
      expect(Object.keys(nodes)).toEqual(names)
      const made = yield* all(nodes)
      for (const [name, node] of Object.entries(nodes)) {
        expect(rowCount(node.table, made.get(name) ?? {}), name).toBeGreaterThan(0)
      }
      expect(made.get("aggregateIntervals")?.model).toEqual(
        Object.keys(models).flatMap((model) => [model, model, model]),
      )
      expect(texts(made).join("\n")).toMatch(/strong is ahead of middling on validation/u)
    }).pipe(Effect.provide(services())),
  )

  it.effect("of one set alone leaves out what is over sets", () =>
    Effect.gen(function* () {
      const nodes = lottery({ cells: cells.filter(({ set }) => set === "v2"), reference: "v2", resamples: 500 })
      expect(Object.keys(nodes)).toEqual([...alone, "verdicts"])
      const made = yield* all(nodes)
      expect(texts(made)).toContain("weak is surely rank 3 on v2.")
    }).pipe(Effect.provide(services())),
  )

  it("uses the scores that it is given, and makes its own where there are none", () => {
    const scores = cells.map(({ labels, model, predictions, set }) => score({ predictions, labels }, { model, set }))
    const stands = (nodes: Readonly<Record<string, Node>>) =>
      [...below(Object.values(nodes))].filter((node) => node.stage.name === "score")
    const given = lottery({ cells, scores, reference: "validation" })
    expect(new Set(stands(given))).toEqual(new Set(scores))
    expect(stands(lottery({ cells, reference: "validation" })).length).toBe(cells.length)
  })

  it("takes the options to where they matter", () => {
    const nodes = lottery({
      cells,
      reference: "sketch",
      level: 0.9,
      seed: 7,
      weights: { v2: 5 },
      resamples: 800,
      lead: 0.01,
    })
    expect(nodes).toMatchObject({
      noise: { params: { level: 0.9, lead: 0.01 } },
      choiceOfSets: { params: { reference: "sketch", seed: 7, weights: { v2: 5 } } },
      aggregateIntervals: {
        params: { level: 0.9 },
        inputs: {
          replicates: { params: { resamples: 800, seed: 7, weights: { v2: 5 }, reference: "sketch" } },
        },
      },
      verdicts: { params: { reference: "sketch", level: 0.9 } },
    })
  })
})

const directory = new URL("../../../examples/", import.meta.url).pathname

describe("publishedLottery", () => {
  it.effect("says of Table II all that can be said, and what cannot", () =>
    Effect.gen(function* () {
      const scores = [publishedScores({ file: "paper/table-2-accuracies.csv", images: "paper/table-1-sets.csv" })]
      const nodes = publishedLottery({ scores, ...asInPaper })
      expect(Object.keys(nodes)).toEqual(names)
      const said = texts(yield* all(nodes))
      expect(said).toContain("On Validation DINO, Swav and MoCo could each be first.")
      expect(said).toContain("MoCo is first by weighted average under 98% of weightings of the other sets.")
      expect(said.find((text) => text.startsWith("Swav and MoCo"))).toMatch(
        /^Swav and MoCo cannot be told apart on Validation by their accuracies alone \(p = \.\d\d\); MoCo is ahead on Rendition and Sketch\./u,
      )
      expect(said.some((text) => text.startsWith("Paired tests need predictions by image"))).toBe(true)
    }).pipe(Effect.provide(services({ directory }))),
  )
})
