import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Outcomes } from "./tables.ts"

/** Which images of a set each model gets right. */
export interface SetOutcomes {
  readonly set: string
  readonly models: ReadonlyArray<string>
  /** The labelled images, all different. */
  readonly ids: ReadonlyArray<string>
  /** A row a model, each `[images]` in the order of `ids`: 1 for a hit, else 0. */
  readonly hits: ReadonlyArray<Uint8Array>
}

/** Which model on which set each list of outcomes is of, in the order of the inputs. */
export type Cells = ReadonlyArray<readonly [model: string, set: string]>

/** The outcomes of one model on one set. */
export interface CellOutcomes {
  readonly model: string
  readonly set: string
  readonly ids: ReadonlyArray<string>
  /** `[images]`: 1 for a hit, else 0. */
  readonly hits: Uint8Array
}

const quoted = (text: string) => JSON.stringify(text)

const column = Effect.fnUntraced(function* (reader: Reader<typeof Outcomes>) {
  const ids: Array<string> = []
  const hits = new Uint8Array(reader.rows)
  yield* Stream.runForEach(reader.batches, (batch) =>
    Effect.sync(() => {
      for (const [row, id] of batch.id.entries()) {
        if (batch.hit[row] === 1) hits[ids.length] = 1
        ids.push(id)
      }
    }),
  )
  return { ids, hits }
})

/**
 * Reads outcomes cell by cell, and hands each on with its names; memory holds
 * what the caller keeps. Errors: another number of cells than of inputs, a cell
 * twice, a cell without images.
 */
export const readCells = Effect.fnUntraced(function* <E, R>(
  outcomes: ReadonlyArray<Reader<typeof Outcomes>>,
  cells: Cells,
  take: (cell: CellOutcomes) => Effect.Effect<void, E, R>,
): Effect.fn.Return<void, StageError | E, R> {
  if (outcomes.length !== cells.length) {
    return yield* new StageError({
      message: `there are ${outcomes.length} lists of outcomes and ${cells.length} cells`,
      hint: "`cells` names the model and the set of each input, in the order of the inputs",
    })
  }
  const seen = new Set<string>()
  for (const [at, reader] of outcomes.entries()) {
    const [model, set] = cells[at] ?? ["", ""]
    const name = `${quoted(model)} on ${quoted(set)}`
    if (seen.has(name)) return yield* new StageError({ message: `two cells are ${name}` })
    seen.add(name)
    const { hits, ids } = yield* column(reader)
    if (ids.length === 0) return yield* new StageError({ message: `${name} has no labelled image` })
    yield* take({ model, set, ids, hits })
  }
})

/** The row of each image, or the id that is there twice. */
const rowsOf = (ids: ReadonlyArray<string>): ReadonlyMap<string, number> | string => {
  const rows = new Map<string, number>()
  for (const [row, id] of ids.entries()) {
    if (rows.has(id)) return id
    rows.set(id, row)
  }
  return rows
}

const same = (a: ReadonlyArray<string>, b: ReadonlyArray<string>) =>
  a.length === b.length && a.every((id, row) => id === b[row])

/**
 * Reads outcomes as sets, in order of first appearance, in each the models in
 * theirs. The models of a set must be judged on the same images: another set of
 * ids is an error that names one of them.
 */
export const readSets = Effect.fnUntraced(function* (
  outcomes: ReadonlyArray<Reader<typeof Outcomes>>,
  cells: Cells,
): Effect.fn.Return<ReadonlyArray<SetOutcomes>, StageError> {
  interface Building {
    readonly models: Array<string>
    readonly ids: ReadonlyArray<string>
    readonly rows: ReadonlyMap<string, number>
    readonly hits: Array<Uint8Array>
  }
  const sets = new Map<string, Building>()
  yield* readCells(outcomes, cells, ({ hits, ids, model, set }) =>
    Effect.gen(function* () {
      const known = sets.get(set)
      if (known === undefined) {
        const rows = rowsOf(ids)
        if (typeof rows === "string") {
          return yield* new StageError({ message: `two outcomes on ${quoted(set)} have the id ${quoted(rows)}` })
        }
        sets.set(set, { models: [model], ids, rows, hits: [hits] })
        return
      }
      known.models.push(model)
      if (same(ids, known.ids)) {
        known.hits.push(hits)
        return
      }
      const placed = new Uint8Array(known.ids.length).fill(2)
      const fail = (id: string | undefined) =>
        new StageError({
          message: `on ${quoted(set)}, ${quoted(model)} is judged on other images than ${quoted(known.models[0] ?? "")} (${quoted(id ?? "")}): they cannot be paired`,
          hint: "give all models of a set predictions of the same images and the same labels",
        })
      for (const [at, id] of ids.entries()) {
        const row = known.rows.get(id)
        if (row === undefined || placed[row] !== 2) return yield* fail(id)
        placed[row] = hits[at] ?? 0
      }
      const missing = placed.indexOf(2)
      if (missing >= 0) return yield* fail(known.ids[missing])
      known.hits.push(placed)
    }),
  )
  return [...sets].map(([set, { hits, ids, models }]) => ({ set, models, ids, hits }))
})
