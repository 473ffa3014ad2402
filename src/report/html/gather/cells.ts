import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Row } from "../../../arrow/Table.ts"
import { type DagNode, inputsOf } from "../../../dsl/Dag.ts"
import { overOf } from "../../../plan/Resolver.ts"
import type { StoreError } from "../../../store/StoreError.ts"
import * as Columns from "../columns.ts"
import { limits } from "../limits.ts"
import { isFound, type ClassScores, type Part, type PerClass, type SetFacts } from "../Study.ts"
import type { Access } from "./Access.ts"

type Score = Row<typeof Columns.Scores>

/** A model on a set, with the nodes that its score stands on. */
export interface Cell {
  readonly model: string
  readonly set: string
  readonly node: DagNode
  readonly predictions: DagNode | undefined
  readonly labels: DagNode | undefined
  readonly images: DagNode | undefined
  readonly probe: DagNode | undefined
}

/** Scores with where they come from. */
export interface Cells {
  readonly cells: ReadonlyArray<Cell>
  readonly scores: Part<Score>
}

const inputOf = ({ dag }: Access, node: DagNode | undefined, table: string): DagNode | undefined =>
  node === undefined
    ? undefined
    : inputsOf(node)
        .map((index) => dag.nodes[index])
        .find((input) => input?.stage.output.name === table)

/** The images that a row-wise node walks, some steps above it; a search for neighbours walks those of its first features. */
const imagesOf = (access: Access, from: DagNode | undefined): DagNode | undefined => {
  let node = from
  while (node !== undefined && node.stage.output.name !== Columns.Images.name) {
    const over = overOf(node)
    node = over === undefined ? inputOf(access, node, Columns.Features.name) : access.dag.nodes[over]
  }
  return node !== undefined && Columns.fits(Columns.Images, node.stage.output) ? node : undefined
}

/** Reads scores: all of those over all classes, those by class of the first models alone. */
export const read = Effect.fnUntraced(function* (
  access: Access,
  nodes: ReadonlyArray<DagNode>,
  models: ReadonlyArray<string>,
): Effect.fn.Return<Cells, StoreError> {
  const leading = new Set(models.slice(0, limits.perClass))
  const cells: Array<Cell> = []
  const rows: Array<Score> = []
  const sources: Array<number> = []
  let total = 0
  for (const node of nodes) {
    const part = yield* access.rows(Columns.Scores, [node], (batch) => (at) => {
      return (batch.class[at] ?? 0) < 0 || leading.has(batch.model[at] ?? "")
    })
    if (!isFound(part)) continue
    rows.push(...part.rows)
    sources.push(...part.sources)
    total += part.total
    const [first] = part.rows
    const predictions = inputOf(access, node, Columns.Predictions.name)
    if (first === undefined || predictions === undefined) continue
    cells.push({
      model: first.model,
      set: first.set,
      node,
      predictions,
      labels: inputOf(access, node, Columns.Labels.name),
      images: imagesOf(access, predictions),
      probe: inputOf(access, predictions, Columns.Probe.name),
    })
  }
  return {
    cells,
    scores: sources.length > 0 ? { rows, sources, total } : yield* access.rows(Columns.Scores, nodes),
  }
})

/** What a set's labels say: images by class, and how many images have several. */
const labelFacts = (access: Access, node: DagNode) =>
  Stream.runFold(
    access.batches(Columns.Labels, node),
    () => ({ byClass: new Map<number, number>(), multi: 0 }),
    (sum, { labels }) => {
      for (const own of labels) {
        if (own.length > 1) sum.multi++
        for (const label of new Set(own)) sum.byClass.set(label, (sum.byClass.get(label) ?? 0) + 1)
      }
      return sum
    },
  )

/** What each set is made of, from its scores and, where they are there, its labels. */
export const facts = Effect.fnUntraced(function* (
  access: Access,
  { cells, scores }: Cells,
  sets: ReadonlyArray<string>,
): Effect.fn.Return<Part<SetFacts>, StoreError> {
  if (!isFound(scores)) return scores
  const overall = Map.groupBy(
    scores.rows.filter((row) => row.class < 0),
    ({ set }) => set,
  )
  const sources = new Set(scores.sources)
  const rows: Array<SetFacts> = []
  for (const set of sets) {
    const own = overall.get(set) ?? []
    const most = (of: (row: Score) => number) => own.reduce((largest, row) => Math.max(largest, of(row)), 0)
    const cell = cells.find((cell) => cell.set === set && cell.labels !== undefined)
    const node = cell?.labels
    const counted =
      node === undefined || (yield* access.found(node)) === undefined
        ? undefined
        : yield* Effect.catch(labelFacts(access, node), () => Effect.succeed(undefined))
    if (node !== undefined && counted !== undefined) for (const at of yield* access.cite(node)) sources.add(at)
    const sizes = [...(counted?.byClass.values() ?? [])]
    const smallest = sizes.reduce((least, size) => Math.min(least, size), Number.POSITIVE_INFINITY)
    rows.push({
      set,
      images: most(({ images }) => images),
      skipped: most(({ skipped }) => skipped),
      unlabelled: cell === undefined ? undefined : most(({ unlabelled }) => unlabelled),
      classes:
        sizes.length === 0
          ? undefined
          : { count: sizes.length, least: smallest, most: sizes.reduce((largest, size) => Math.max(largest, size), 0) },
      multi: counted?.multi,
    })
  }
  return { rows, sources: [...sources], total: rows.length }
})

/** Accuracies by class of the first models, set by set. */
export const perClass = (
  { scores }: Cells,
  models: ReadonlyArray<string>,
  sets: ReadonlyArray<string>,
): Part<PerClass> => {
  if (!isFound(scores)) return scores
  const rows = scores.rows.filter((row) => row.class >= 0)
  const bySet = Map.groupBy(rows, ({ set }) => set)
  const chosen = models.slice(0, limits.perClass).filter((model) => rows.some((row) => row.model === model))
  if (chosen.length < 2) {
    return { missing: 'No scores by class: `score` gives them with `metrics: ["top1", "top5", "per-class"]`.' }
  }
  const found = sets.flatMap((set): ReadonlyArray<ClassScores> => {
    const own = bySet.get(set) ?? []
    if (own.length === 0) return []
    const classes = [...new Set(own.map((row) => row.class))].sort((a, b) => a - b)
    const images = new Map(own.map((row) => [row.class, row.images]))
    const byModel = Map.groupBy(own, ({ model }) => model)
    const values = chosen.map((model) => {
      const value = new Map((byModel.get(model) ?? []).map((row) => [row.class, row.value]))
      return classes.map((label) => value.get(label) ?? Number.NaN)
    })
    return [{ set, classes, images: classes.map((label) => images.get(label) ?? 0), values }]
  })
  const metric = [...new Set(rows.map(({ metric }) => metric))].join(", ")
  return { rows: [{ metric, models: chosen, sets: found }], sources: scores.sources, total: models.length }
}
