import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Session from "../../src/onnx/Session.ts"
import { groupsOf } from "./bootstrap.ts"
import { type Differences, effectRows } from "./effectRows.ts"
import { Cells, Every, Level } from "./params.ts"
import { referenceFirst, share } from "./referenceFirst.ts"
import { readSets, type SetOutcomes } from "./SetOutcomes.ts"
import { Effects, Outcomes } from "./tables.ts"
import { type Together, together } from "./together.ts"
import { neighbours, twos } from "./twos.ts"

const Params = Schema.Struct({
  /** The model and the set of each input, in the order of the inputs. */
  cells: Cells,
  /** The set that is left out; the first where nothing is said. */
  reference: Schema.optionalKey(Schema.NonEmptyString),
  /** Which sets are combined, the reference among them or not; all but the reference where nothing is said. */
  sets: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString)),
  level: Level,
  every: Every,
})
type Params = typeof Params.Type

/**
 * The covariance of a's lead over b on two sets: Σ(xᵢ - x̄)(yᵢ - ȳ)/(nₓn_y) over
 * the images that they share, x and y 1, 0 or -1 an image. On one set, its
 * variance: McNemar's (n₁₀ + n₀₁ - (n₁₀ - n₀₁)²/n)/n².
 */
const covariance = (
  { both, sets, within }: Together,
  s: number,
  t: number,
  a: number,
  b: number,
  lead: (set: number) => number,
): number => {
  const all = sets[s]?.models.length ?? 0
  const products = both(s, a, t, a) - both(s, a, t, b) - both(s, b, t, a) + both(s, b, t, b)
  const first = within(s, a, t) - within(s, b, t)
  const second = within(t, a, s) - within(t, b, s)
  const shared = within(s, all, t)
  const sum = products - lead(t) * first - lead(s) * second + shared * lead(s) * lead(t)
  const images = (set: number) => sets[set]?.ids.length ?? 1
  // Where no image tells the two apart, as if half an image did on either side: nothing is known without error.
  return (s === t && sum <= 0 ? 1 : sum) / images(s) / images(t)
}

/** Leads of a over b set by set with their covariance, groups of sets one after another. */
const differencesOf =
  (groups: ReadonlyArray<Together>) =>
  (a: number, b: number): Differences => {
    const places = groups.flatMap((group) => group.sets.map((_, set) => ({ group, set })))
    const lead = (group: Together) => (set: number) =>
      (group.both(set, a, set, a) - group.both(set, b, set, b)) / (group.sets[set]?.ids.length ?? 1)
    return {
      values: places.map(({ group, set }) => lead(group)(set)),
      covariance: places.map((row) =>
        places.map(({ group, set }) => (row.group === group ? covariance(group, row.set, set, a, b, lead(group)) : 0)),
      ),
    }
  }

/**
 * The lead of every model over every other, combined over the sets other than
 * the reference: under fixed effects (one lead behind all sets) and random ones
 * (leads that vary from set to set; DerSimonian and Laird 1986). Differences are
 * paired, image by image.
 *
 * Sets that share images (by id, as ReaL and the validation set do) are not
 * independent: they enter with the estimated covariance of their differences, by
 * generalised least squares. `sets` says which to combine, so that one of two
 * such sets can be left out instead.
 *
 * Of more than `every` models only neighbours in the reference's ranking are compared.
 *
 * Errors: models of a set on different images; a set that is not there; no set
 * but the reference.
 *
 * @example
 * effects(outcomes, { cells, reference: "validation" })
 */
export const effects = whole("effects", {
  module: import.meta,
  params: Params,
  inputs: { outcomes: many(Outcomes) },
  output: Effects,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ outcomes }, { cells, every, level, reference, sets: chosen }: Params) {
    const [standard, ...others] = yield* referenceFirst(yield* readSets(outcomes, cells), reference, chosen)
    const sets: ReadonlyArray<SetOutcomes> =
      chosen === undefined ? others : [standard, ...others].filter(({ set }) => chosen.includes(set))
    if (sets.length === 0) return yield* new StageError({ message: "there is no set beside the reference" })
    const groups = yield* Effect.forEach(groupsOf(sets), together)
    const { models } = standard
    const pairs = models.length > every ? neighbours(standard.hits.map(share)) : [...twos(models.length)]
    return effectRows(models, pairs, level, differencesOf(groups))
  }),
})
