import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, optional, whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Comparison from "./Comparison.ts"
import { readChoice, readEffects, readPairs, readRanges } from "./evidence.ts"
import { Level } from "./params.ts"
import * as Standing from "./Standing.ts"
import { Effects, Pairs, RankProbabilities, RankSets, Verdicts } from "./tables.ts"
import { list, share } from "./words.ts"

const Params = Schema.Struct({
  /** The set whose ranking is judged; the first of the rank sets where nothing is said. */
  reference: Schema.optionalKey(Schema.NonEmptyString),
  level: Level,
})
type Params = typeof Params.Type

interface Verdict {
  readonly kind: "overall" | "neighbours" | "model" | "method" | "unsaid"
  readonly a: string
  readonly b: string
  readonly text: string
}

const alone = (kind: Verdict["kind"], text: string): Verdict => ({ kind, a: "", b: "", text })

const overall = (
  comparisons: ReadonlyArray<Comparison.Comparison>,
  standings: ReadonlyArray<Standing.Standing>,
  alpha: number,
): ReadonlyArray<Verdict> => {
  const reference = standings[0]?.reference.set ?? ""
  const apart = comparisons.filter((comparison) => Comparison.differs(comparison.reference, alpha)).length
  const leaders = standings.filter(({ reference }) => reference.low === 1).map(({ model }) => model)
  const first =
    leaders.length === 1
      ? `${leaders[0]} is surely first on ${reference}.`
      : leaders.length <= 8
        ? `On ${reference} ${list(leaders)} could each be first.`
        : `On ${reference} ${leaders.length} models could be first.`
  const top = standings.reduce<Standing.Standing | undefined>(
    (best, standing) => ((standing.weighted.first ?? 0) > (best?.weighted.first ?? 0) ? standing : best),
    undefined,
  )
  return [
    alone("overall", first),
    ...(comparisons.length === 0
      ? []
      : [
          alone(
            "overall",
            `${apart} of the ${comparisons.length} pairs of neighbours in its ranking ${apart === 1 ? "differs" : "differ"} there.`,
          ),
        ]),
    ...(top?.weighted.first === undefined
      ? []
      : [
          alone(
            "overall",
            `${top.model} is first by weighted average under ${share(top.weighted.first)} of weightings of the other sets.`,
          ),
        ]),
  ]
}

const method = ({
  alpha,
  level,
  paired,
  weighed,
}: Readonly<Record<"alpha" | "level", number> & Record<"paired" | "weighed", boolean>>): ReadonlyArray<Verdict> => {
  const limit = String(Number(alpha.toPrecision(6))).replace(/^0/, "")
  const test = paired ? "McNemar's test" : "the z test of two independent accuracies"
  return [
    alone(
      "method",
      `Two models differ on a set where ${test}, adjusted after Holm for all pairs of models on that set, has p ≤ ${limit}; p-values here are the adjusted ones.`,
    ),
    alone(
      "method",
      `The ranks a model could have are simultaneous confidence sets at ${share(level)}, for all models of a set at once.`,
    ),
    ...(weighed
      ? [
          alone(
            "method",
            "Weightings are drawn so that each is as likely: Dirichlet(1, …, 1) over the sets other than the reference.",
          ),
        ]
      : []),
  ]
}

const unsaid: ReadonlyArray<Verdict> = [
  "Paired tests need predictions by image: from accuracies alone models count as independent, so fewer differences are found than there are.",
  "Which images and which classes two models disagree on cannot be said without predictions by image.",
  "Published accuracies are rounded: differences below the last digit given are not known.",
].map((text) => alone("unsaid", text))

/**
 * What can be said, in words. Kinds of rows, in this order:
 *
 * - `overall`: who could be first on the reference, how many neighbours differ;
 * - `neighbours`: every two neighbours in the reference's ranking (`a` before
 *   `b`), on the reference, on the other sets, and over them together by random effects;
 * - `model`: which ranks each model (`a`) could have, and how much hangs on the choice of sets;
 * - `method`: the thresholds: two models differ where the p-value adjusted after
 *   Holm is at most 1 - `level`;
 * - `unsaid`: what cannot be said from accuracies alone, where pairs are not paired.
 *
 * Models with equal ranks stand in order of first appearance. Errors: a reference
 * without rank sets, neighbours without a comparison on it.
 *
 * @example
 * verdicts({ pairs, rankSets, effects, choice: [choiceOfSets(scores)] }, { reference: "validation" })
 */
export const verdicts = whole("verdicts", {
  module: import.meta,
  params: Params,
  inputs: { pairs: Pairs, rankSets: RankSets, effects: optional(Effects), choice: many(RankProbabilities) },
  output: Verdicts,
  run: Effect.fnUntraced(function* ({ choice, effects, pairs, rankSets }, params: Params) {
    const { bySet, level } = yield* readRanges(rankSets)
    const reference = params.reference ?? bySet.keys().next().value ?? ""
    const ranges = bySet.get(reference)
    if (ranges === undefined) {
      return yield* new StageError({
        message: `there are no rank sets of ${JSON.stringify(reference)}; there are of ${[...bySet.keys()].join(", ")}`,
      })
    }
    const alpha = 1 - params.level
    const order = [...ranges].sort(([, one], [, two]) => one.rank - two.rank).map(([model]) => model)
    const onSets = yield* readPairs(pairs, order)
    const combined = yield* readEffects(effects, order)
    const ranksOf = yield* readChoice(choice)
    const comparisons: Array<Comparison.Comparison> = []
    for (const [at, b] of order.slice(1).entries()) {
      const a = order[at] ?? ""
      const all = onSets.get(at) ?? []
      const on = all.find(({ set }) => set === reference)
      if (on === undefined) {
        return yield* new StageError({
          message: `${JSON.stringify(a)} and ${JSON.stringify(b)} are not compared on ${JSON.stringify(reference)}`,
          hint: "make pairs and rank sets from the same cells",
        })
      }
      comparisons.push({ a, b, reference: on, others: all.filter((other) => other !== on), random: combined.get(at) })
    }
    const others = [...bySet].filter(([set]) => set !== reference).map(([, ranges]) => ranges)
    const standings = order.flatMap((model): ReadonlyArray<Standing.Standing> => {
      const own = ranges.get(model)
      if (own === undefined) return []
      return [
        {
          model,
          reference: own,
          shared: [...ranges.values()].some((other) => other !== own && other.rank === own.rank),
          others: others.flatMap((ranges) => ranges.get(model) ?? []),
          weighted: ranksOf("weighted", model),
          geometric: ranksOf("geometric", model),
        },
      ]
    })
    const paired = comparisons.every((comparison) => comparison.reference.paired)
    const rows: ReadonlyArray<Verdict> = [
      ...overall(comparisons, standings, alpha),
      ...comparisons.map((comparison) => ({
        kind: "neighbours" as const,
        a: comparison.a,
        b: comparison.b,
        text: Comparison.sentence(comparison, alpha),
      })),
      ...standings.map((standing) => ({
        kind: "model" as const,
        a: standing.model,
        b: "",
        text: Standing.sentence(standing),
      })),
      ...method({ paired, alpha, level, weighed: choice.length > 0 }),
      ...(paired ? [] : unsaid),
    ]
    return {
      kind: rows.map(({ kind }) => kind),
      a: rows.map(({ a }) => a),
      b: rows.map(({ b }) => b),
      text: rows.map(({ text }) => text),
    }
  }),
})
