import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Row } from "../../../arrow/Table.ts"
import { closure } from "../../../dsl/Dag.ts"
import type { Pipeline, PipelineError } from "../../../dsl/Pipeline.ts"
import type { Engine } from "../../../run/Engine.ts"
import * as Work from "../../../run/Work.ts"
import type { StoreError } from "../../../store/StoreError.ts"
import * as Board from "../../Board.ts"
import { encoders } from "../../encoders.ts"
import * as Columns from "../columns.ts"
import { limits } from "../limits.ts"
import { isFound, type Part, type Report, rowsOf, type Study } from "../Study.ts"
import * as Access from "./Access.ts"
import * as Cells from "./cells.ts"
import { curves } from "./curves.ts"
import { gallery } from "./gallery.ts"
import { giving, type Group, groups } from "./groups.ts"
import { skipped } from "./skipped.ts"

/** The tables that are about a benchmark as a whole. */
const statistics = [
  Columns.Verdicts,
  Columns.RankSets,
  Columns.Intervals,
  Columns.Pairs,
  Columns.Noise,
  Columns.RankProbabilities,
  Columns.AggregateIntervals,
  Columns.Effects,
  Columns.Agreement,
  Columns.Regressions,
]

const entries = (part: Part<Row<typeof Columns.Leaderboard>>): ReadonlyArray<Board.Entry> =>
  rowsOf(part).flatMap((row) => (row.kind === "set" || row.kind === "aggregate" ? [{ ...row, kind: row.kind }] : []))

/** Whether a pair of models is among those that are drawn: both near the top, or neighbours in the ranking. */
const pairFilter = (models: ReadonlyArray<string>) => {
  const place = new Map(models.map((model, at) => [model, at]))
  return (a: string | undefined, b: string | undefined): boolean => {
    const [left, right] = [place.get(a ?? "") ?? models.length, place.get(b ?? "") ?? models.length]
    return Math.max(left, right) < limits.matrix || Math.abs(left - right) === 1
  }
}

const classNames = Effect.fnUntraced(function* (access: Access.Access) {
  const lists = new Map<string, ReadonlyArray<string>>()
  for (const node of access.nodes(Columns.Classes)) {
    const names = rowsOf(yield* access.rows(Columns.Classes, [node])).map(({ name }) => name)
    if (names.length > 0) lists.set(JSON.stringify(names), names)
  }
  // Lists that differ number their classes in different ways: numbers are then all that is sure.
  const [only] = lists.size === 1 ? lists.values() : []
  return only ?? []
})

const study = Effect.fnUntraced(function* (access: Access.Access, work: Work.Work, group: Group) {
  const rows = yield* access.rows(Columns.Leaderboard, giving(group, Columns.Leaderboard))
  const board = isFound(rows) ? { ...Board.make(entries(rows)), sources: rows.sources } : rows
  const intervals = yield* access.rows(Columns.Intervals, giving(group, Columns.Intervals))
  const rankSets = yield* access.rows(Columns.RankSets, giving(group, Columns.RankSets))
  const named = "missing" in board ? [...rowsOf(intervals), ...rowsOf(rankSets)] : []
  const models = "missing" in board ? [...new Set(named.map(({ model }) => model))] : board.models
  const columns = "missing" in board ? [] : board.columns
  const sets =
    "missing" in board
      ? [...new Set(named.map(({ set }) => set))]
      : columns.filter(({ kind }) => kind === "set").map(({ name }) => name)
  const drawn = pairFilter(models)
  const leading = new Set(models.slice(0, limits.models))

  const below = new Set(
    closure(
      access.dag,
      group.nodes.map(({ index }) => index),
    ),
  )
  const scored = access.nodes(Columns.Scores).filter(({ index }) => below.has(index))
  const cells = yield* Cells.read(access, scored, models)

  return {
    title: group.title,
    models,
    sets,
    aggregates: columns.filter(({ kind }) => kind === "aggregate").map(({ name }) => name),
    reference: "missing" in board ? sets[0] : board.reference?.name,
    board,
    facts: yield* Cells.facts(access, cells, sets),
    intervals,
    rankSets,
    pairs: yield* access.rows(
      Columns.Pairs,
      giving(group, Columns.Pairs),
      ({ a, b }) =>
        (at) =>
          drawn(a[at], b[at]),
    ),
    noise: yield* access.rows(Columns.Noise, giving(group, Columns.Noise)),
    rankProbabilities: yield* access.rows(
      Columns.RankProbabilities,
      giving(group, Columns.RankProbabilities),
      ({ model, rank }) =>
        (at) =>
          rank[at] === 1 || leading.has(model[at] ?? ""),
    ),
    aggregateIntervals: yield* access.rows(Columns.AggregateIntervals, giving(group, Columns.AggregateIntervals)),
    effects: yield* access.rows(
      Columns.Effects,
      giving(group, Columns.Effects),
      ({ a, b }) =>
        (at) =>
          drawn(a[at], b[at]),
    ),
    agreement: yield* access.rows(Columns.Agreement, giving(group, Columns.Agreement)),
    regressions: yield* access.rows(Columns.Regressions, giving(group, Columns.Regressions)),
    verdicts: yield* access.rows(Columns.Verdicts, giving(group, Columns.Verdicts)),
    perClass: Cells.perClass(cells, models, sets),
    curves: yield* curves(access, cells, models),
    gallery: yield* gallery(access, work, cells.cells, models, sets),
    classNames: yield* classNames(access),
  } satisfies Study
})

/**
 * Reads everything that a report shows from what a pipeline has computed so
 * far. Runs no stage, but for the few images of the gallery, which are read
 * again where a set's images are not kept.
 */
export const gather = Effect.fn("report.gather")(function* (
  pipeline: Pipeline,
  version: string,
): Effect.fn.Return<Report, PipelineError | StoreError, Engine> {
  const access = yield* Access.make(pipeline)
  const studies = yield* Effect.scoped(
    Effect.gen(function* () {
      const work = yield* Work.make(access.resolver)
      const found = groups(
        access.dag,
        access.nodes(Columns.Leaderboard),
        statistics.flatMap((table) => access.nodes(table)),
      )
      return yield* Effect.forEach(found, (group) => study(access, work, group))
    }),
  )
  const left = yield* skipped(access)
  const used = yield* encoders(access.dag, undefined, access.found)
  const usedNodes = used.flatMap(({ index }) => access.dag.nodes[index] ?? [])
  const cited = yield* Effect.forEach(usedNodes, access.cite)
  return {
    pipeline: pipeline.name,
    written: new Date(yield* Clock.currentTimeMillis).toISOString(),
    version,
    plan: access.plan,
    studies,
    skipped: left,
    encoders: { rows: used, sources: cited.flat(), total: used.length },
    sources: access.sources(),
  }
})
