import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { StoreError } from "../../../store/StoreError.ts"
import * as Columns from "../columns.ts"
import { limits } from "../limits.ts"
import { type Curve, isFound, type Part, type Setting } from "../Study.ts"
import type { Access } from "./Access.ts"
import type { Cells } from "./cells.ts"

const Values = Schema.Record(Schema.String, Schema.Finite)
const decodeOne = Schema.decodeUnknownOption(Schema.fromJsonString(Values))
const decodeAll = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Array(
      Schema.Struct({
        setting: Values,
        heldOut: Schema.NullOr(Schema.Finite),
        stopped: Schema.NullOr(Schema.String),
      }),
    ),
  ),
)

const wordsOf = (values: typeof Values.Type): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ")

interface Variant {
  readonly variant: string
  readonly setting: string
  readonly settings: string
}

/** What a sweep tried; nothing where there was one setting, or where it is told in no form that is known. */
const settingsOf = (variants: ReadonlyArray<Variant>): ReadonlyArray<Setting> => {
  const all = Option.getOrElse(decodeAll(variants[0]?.settings ?? "[]"), () => [])
  const chosen = variants.map(({ setting, variant }) => ({
    variant,
    words: wordsOf(Option.getOrElse(decodeOne(setting), () => ({}))),
  }))
  if (all.length < 2) return []
  return all.map(({ heldOut, setting, stopped }): Setting => {
    const words = wordsOf(setting)
    return {
      words,
      heldOut: heldOut ?? Number.NaN,
      stopped: stopped ?? undefined,
      chosen: chosen.flatMap((one) => (one.words === words ? [one.variant] : [])),
    }
  })
}

/** The loss curves of the models' probes. */
export const curves = Effect.fnUntraced(function* (
  access: Access,
  { cells }: Cells,
  models: ReadonlyArray<string>,
): Effect.fn.Return<Part<Curve>, StoreError> {
  const chosen = models.flatMap((model) => {
    const own = cells.flatMap((cell) => (cell.model === model && cell.probe !== undefined ? [cell.probe] : []))
    return [...new Set(own)].flatMap((probe) =>
      Columns.fits(Columns.Probe, probe.stage.output) ? [{ model, probe }] : [],
    )
  })
  if (chosen.length === 0) {
    return {
      missing: "No node of this pipeline has such results: predictions of a probe that fitProbe has trained do.",
    }
  }
  const rows: Array<Curve> = []
  const sources: Array<number> = []
  let looked = 0
  for (const { model, probe } of chosen) {
    if (rows.length === limits.curves) break
    looked++
    const part = yield* access.rows(Columns.Probe, [probe])
    if (!isFound(part)) continue
    // The variants of a probe come of one training.
    const [first] = part.rows
    if (first === undefined || first.curve.length < 2) continue
    const { curve, protocol } = first
    // A line a model and protocol: the first of several.
    if (rows.some((row) => row.model === model && row.protocol === protocol)) continue
    rows.push({ model, protocol, losses: Array.from(curve), settings: settingsOf(part.rows) })
    sources.push(...part.sources)
  }
  return rows.length === 0
    ? { missing: "These probes have no loss curve: their protocol is not trained step by step." }
    : { rows, sources, total: rows.length + chosen.length - looked }
})
