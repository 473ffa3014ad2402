/** Inputs of the statistics over sets, and the nodes' results without the engine. */
import * as Effect from "effect/Effect"
import type { Batch, Table } from "../../../src/arrow/Table.ts"
import { isNode, type Input, type Node } from "../../../src/dsl/Node.ts"
import type { StageServices } from "../../../src/dsl/Services.ts"
import type { Reader } from "../../../src/dsl/Stage.ts"
import type { StageError } from "../../../src/dsl/StageError.ts"
import { publishedScores } from "../../../stages/sources/publishedScores.ts"
import { Outcomes } from "../../../stages/statistics/tables.ts"
import { Scores } from "../../../stages/tables.ts"
import { readerOf, runWhole, services, type StageTo } from "../../harness.ts"

/** Accuracies by model and set, all over the same number of images unless said by set. */
export const scoresOf = (
  values: Readonly<Record<string, Readonly<Record<string, number>>>>,
  images: Readonly<Record<string, number>> = {},
): Reader<typeof Scores> => {
  const rows = Object.entries(values).flatMap(([model, bySet]) =>
    Object.entries(bySet).map(([set, value]) => ({ model, set, value })),
  )
  return readerOf(Scores, {
    model: rows.map(({ model }) => model),
    set: rows.map(({ set }) => set),
    metric: rows.map(() => "top1"),
    class: new Int32Array(rows.length).fill(-1),
    value: Float64Array.from(rows, ({ value }) => value),
    images: Int32Array.from(rows, ({ set }) => images[set] ?? 1000),
    skipped: new Int32Array(rows.length),
    unlabelled: new Int32Array(rows.length),
  })
}

const directory = new URL("../../../examples/", import.meta.url).pathname

/** Table II of Ozbulak et al. 2025. */
export const tableTwo = runWhole(
  publishedScores,
  {},
  { file: "paper/table-2-accuracies.csv", images: "paper/table-1-sets.csv" },
).pipe(
  Effect.map((scores) => [readerOf(Scores, scores)]),
  Effect.provide(services({ directory })),
)

/** Under which Table II gives the paper's aggregates. */
export const asInPaper = { reference: "Validation", weights: { Sketch: 50_000 } }

/** The outcomes of models on sets, `hits[set][model]` a string of 0 and 1, an image a letter; `ids` share images among sets. */
export const outcomesOf = (
  hits: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ids: Readonly<Record<string, string>> = {},
) => {
  const cells = Object.entries(hits).flatMap(([set, byModel]) =>
    Object.entries(byModel).map(([model, letters]) => ({ model, set, letters })),
  )
  return {
    cells: cells.map(({ model, set }) => [model, set] as const),
    outcomes: cells.map(({ letters, set }) =>
      readerOf(Outcomes, {
        id: Array.from(letters, (_, i) => `${ids[set] ?? set}/${i}`),
        hit: Int32Array.from(letters, Number),
      }),
    ),
  }
}

/** What nodes of whole-table stages give; each is computed once. */
export const evaluating = () => {
  const known = new Map<Node, Batch<Table>>()
  const evaluate = (node: Node): Effect.Effect<Batch<Table>, StageError, StageServices> =>
    Effect.gen(function* () {
      const before = known.get(node)
      if (before !== undefined) return before
      const reader = (input: Node) => Effect.map(evaluate(input), (batch) => readerOf(input.table, batch))
      const readers: Record<string, Reader<Table> | ReadonlyArray<Reader<Table>> | undefined> = {}
      for (const [name, input] of Object.entries<Input>(node.inputs)) {
        readers[name] =
          input === undefined ? undefined : isNode(input) ? yield* reader(input) : yield* Effect.forEach(input, reader)
      }
      const made = yield* Effect.scoped(runWhole(node.stage as StageTo<Table>, readers, node.params))
      known.set(node, made)
      return made
    })
  return evaluate
}
