// Reaches the engine, so commands import it when they need it.
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { Table } from "../arrow/Table.ts"
import * as Board from "../report/Board.ts"
import * as Leaderboard from "../report/leaderboard.ts"
import { head, rowsOf } from "../report/rows.ts"
import * as Verdicts from "../report/verdicts.ts"
import { boardSheets, rowSheet } from "../report/sheets.ts"
import { paint, type Style } from "../report/style.ts"
import { freshOf, type Found } from "../run/Inspect.ts"
import type { Resolver } from "../plan/Resolver.ts"
import { Store } from "../store/Store.ts"

/** How many rows the head of a table has where nothing else is asked for. */
export const headRows = 10

/** What was found, batch after batch; the first `most` rows where a number is given. */
export const batches = ({ actions, table }: Found, most = Number.POSITIVE_INFINITY) =>
  Stream.fromIterable(actions.flatMap((action) => action.outputs)).pipe(
    Stream.flatMap((output) => Stream.unwrap(Effect.map(Store, (store) => store.read<Table>(table, output)))),
    Stream.mapAccum(
      () => most,
      (left, batch) => {
        const rows = Batch.rowCount(table, batch)
        return [left - rows, [{ left, batch: rows <= left ? batch : Batch.slice(table, batch, 0, left) }]] as const
      },
    ),
    // The first batch goes out even where no row is asked for: it tells the shape of the tensors.
    Stream.takeWhile(({ left }) => left > 0 || left === most),
    Stream.map(({ batch }) => batch),
  )

/** The same row by row. */
export const rows = (found: Found, most?: number) =>
  Stream.flatMap(batches(found, most), (batch) => Stream.fromIterable(rowsOf(found.table, batch)))

/** How many rows were found in all. */
export const total = ({ actions }: Found): number =>
  actions.reduce((sum, action) => sum + action.outputs.reduce((own, output) => own + output.table.rows, 0), 0)

/** What was found as tables for a paper: a leaderboard as scores, ranks and aggregates, anything else row by row. */
export const sheets = Effect.fnUntraced(function* (found: Found, wanted: number | undefined) {
  const all = yield* Stream.runCollect(rows(found, wanted))
  const entries =
    found.table.name === "leaderboard" && wanted === undefined
      ? Board.fromRows(all)
      : Option.none<ReadonlyArray<Board.Entry>>()
  return Option.match(entries, { onNone: () => [rowSheet(found.table, all)], onSome: boardSheets })
})

/** What was found as a person reads it: a leaderboard as its tables, anything else by its head. */
export const rendered = Effect.fnUntraced(function* (found: Found, wanted: number | undefined, style: Style) {
  if (found.table.name === "leaderboard" && wanted === undefined) {
    const entries = Board.fromRows(yield* Stream.runCollect(rows(found)))
    if (Option.isSome(entries)) return Leaderboard.render(entries.value, style)
  }
  if (found.table.name === "verdicts" && wanted === undefined) {
    const sentences = Verdicts.render(yield* Stream.runCollect(rows(found)), style)
    if (Option.isSome(sentences)) return sentences.value
  }
  const first = yield* Stream.runCollect(rows(found, wanted ?? headRows))
  return head(found.table, first, total(found), style)
})

/** What a reader of a benchmark wants to see first; the rest of its targets is named where one of these is there. */
const first = new Set(["leaderboard", "verdicts"])

/** The tables of those of a pipeline's targets that are among the `done` nodes. */
export const tables = Effect.fnUntraced(function* (resolver: Resolver, done: ReadonlySet<string>, style: Style) {
  const { dag } = resolver
  const ready = Object.entries(dag.targets).flatMap(([target, index]) => {
    const node = dag.nodes[index]
    return node !== undefined && done.has(node.name) ? [{ node, target }] : []
  })
  const chosen = ready.filter(({ node }) => first.has(node.stage.output.name))
  const printed = chosen.length === 0 ? ready : chosen
  const lines: Array<string> = []
  for (const { node, target } of printed) {
    const found = yield* freshOf(resolver, node)
    if (found === undefined) continue
    if (chosen.length === 0 && ready.length > 1) lines.push(paint(style, "strong", `${target} = ${found.name}`))
    lines.push(...(yield* rendered(found, undefined, style)), "")
  }
  const others = ready.filter((one) => !printed.includes(one)).map(({ target }) => target)
  if (others.length > 0) lines.push(`Also computed, to be seen by \`pipeline show NAME\`: ${others.join(", ")}`, "")
  return lines
})
