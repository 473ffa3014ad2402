import { counted } from "../../format.ts"
import type { Key } from "../figure.ts"
import { limits } from "../limits.ts"
import { type Look, lookOf } from "../palette.ts"
import type { Study } from "../Study.ts"

/** The models that have a colour and a name in charts, in the order of the ranking. */
export interface Shown {
  readonly models: ReadonlyArray<string>
  readonly lookOf: (model: string) => Look
  /** A number by which a model's marks are known in the page. */
  readonly mark: (row: { readonly model: string }) => string
  /** All others. */
  readonly rest: ReadonlyArray<string>
  /** What was left out, in words. */
  readonly note: string | undefined
}

/**
 * All models where there are few. Of many, those that are first on some set,
 * then the best on the reference.
 */
export const shownOf = (study: Study): Shown => {
  const columns = "missing" in study.board ? [] : study.board.columns
  const firsts = new Set(
    columns.flatMap(({ entries }) => [...entries.values()].flatMap(({ model, rank }) => (rank === 1 ? [model] : []))),
  )
  const { models } = study
  const preferred = [...models.filter((model) => firsts.has(model)), ...models.filter((model) => !firsts.has(model))]
  const chosen = new Set(models.length <= limits.lines ? models : preferred.slice(0, limits.lines))
  const shown = models.filter((model) => chosen.has(model))
  const at = new Map(shown.map((model, index) => [model, index]))
  return {
    models: shown,
    lookOf: (model) => lookOf(at.get(model) ?? 0),
    mark: ({ model }) => `${at.get(model) ?? ""}`,
    rest: models.filter((model) => !chosen.has(model)),
    note:
      shown.length === models.length
        ? undefined
        : `${shown.length} of ${counted(models.length, "model")} have a name and a colour: those that are first on some set, then the best on the reference. The others are grey.`,
  }
}

/** The shown models as a legend. */
export const keysOf = ({ lookOf, mark, models }: Shown): ReadonlyArray<Key> =>
  models.map((name) => ({ name, look: lookOf(name), mark: mark({ model: name }) }))

/** The note of a chart with a model a row, where it has not all of them. */
export const rowsNote = (shown: number, all: number): string | undefined =>
  shown < all ? `The first ${shown} of ${counted(all, "model")}; the tables have all of them.` : undefined
