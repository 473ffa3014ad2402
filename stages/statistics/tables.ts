/** What the statistics say, in long form: a row a statement, so that any reader can filter and pivot. */
import * as Table from "../../src/arrow/Table.ts"

/** Whether one model is right on each labelled image of one set: 1 or 0. The unit of every paired comparison. */
export const Outcomes = /* @__PURE__ */ Table.rows("outcomes", { id: "utf8", hit: "int32" })

/** Accuracy of a model on a set (0..1) with an interval. `method` is `wilson` or `bootstrap`. */
export const Intervals = /* @__PURE__ */ Table.whole("intervals", {
  model: "utf8",
  set: "utf8",
  method: "utf8",
  value: "float64",
  low: "float64",
  high: "float64",
  level: "float64",
  images: "int32",
})

/**
 * Every two models on a set: `difference` is a's accuracy less b's, `low` and
 * `high` its interval, `onlyA` and `onlyB` the images that only one gets right
 * (-1 where images are not known one by one), p-values two-sided: McNemar's
 * exact and mid-p (unpaired: the z test in `exact`, NaN in `mid`), and the
 * chosen one adjusted after Holm over all pairs of the set. `method` is that of
 * the interval: `tango` (paired) or `newcombe` (unpaired).
 */
export const Pairs = /* @__PURE__ */ Table.whole("pairs", {
  set: "utf8",
  a: "utf8",
  b: "utf8",
  method: "utf8",
  difference: "float64",
  low: "float64",
  high: "float64",
  onlyA: "int32",
  onlyB: "int32",
  images: "int32",
  exact: "float64",
  mid: "float64",
  holm: "float64",
})

/**
 * How much of a difference is noise on a set of this size. `error` is the
 * standard error of the difference of two equally good models, `smallest` the
 * smallest difference of accuracies (0..1) that is significant at `level`, and
 * `noise` the probability that two equally good models differ by `lead` or more.
 * They stand on `discordance`, the share of images that exactly one of two
 * models gets right: the median over the `pairs` of neighbours in the ranking.
 * NaN where images are not known one by one: errors then are those of two
 * independent accuracies.
 */
export const Noise = /* @__PURE__ */ Table.whole("noise", {
  set: "utf8",
  images: "int32",
  pairs: "int32",
  discordance: "float64",
  error: "float64",
  smallest: "float64",
  lead: "float64",
  noise: "float64",
  level: "float64",
})

/** The rank of each model on a set (or over sets) with the simultaneous set `low..high` and its marginal interval. */
export const RankSets = /* @__PURE__ */ Table.whole("rankSets", {
  set: "utf8",
  model: "utf8",
  rank: "int32",
  low: "int32",
  high: "int32",
  marginalLow: "int32",
  marginalHigh: "int32",
  level: "float64",
})

/**
 * How probable each rank of each model is; ranks that do not occur have no row.
 * Models with equal values share the best of their ranks. `source` says over
 * what: `bootstrap` (images resampled; `set` names the set or aggregate),
 * `dirichlet` (weights of sets drawn), `subsets` (every subset of sets),
 * `leave-one-out` (`set` is `weighted` or `geometric`).
 */
export const RankProbabilities = /* @__PURE__ */ Table.whole("rankProbabilities", {
  source: "utf8",
  set: "utf8",
  model: "utf8",
  rank: "int32",
  probability: "float64",
})

/**
 * Aggregates over sets with intervals: `weighted`, `geometric`, and `precision`,
 * the mean by inverse variances n/(p(1 - p)).
 */
export const AggregateIntervals = /* @__PURE__ */ Table.whole("aggregateIntervals", {
  model: "utf8",
  aggregate: "utf8",
  value: "float64",
  low: "float64",
  high: "float64",
  level: "float64",
})

/**
 * Differences of two models combined over sets. `method` is `fixed` or `random`
 * (DerSimonian and Laird): `tau2` is the variance of the differences between
 * sets (0 under `fixed`), `q` Cochran's Q, `i2` the share (0..1) of the variation
 * that is between sets.
 */
export const Effects = /* @__PURE__ */ Table.whole("effects", {
  a: "utf8",
  b: "utf8",
  method: "utf8",
  estimate: "float64",
  low: "float64",
  high: "float64",
  p: "float64",
  tau2: "float64",
  q: "float64",
  i2: "float64",
  sets: "int32",
})

/**
 * How far rankings or scores agree. `measure` is `pearson`, `spearman`, `tau-b`
 * (two sets, or a set and an aggregate, in `a` and `b`; `n` models),
 * `kendall-w`, `friedman` or `nemenyi` (all `n` sets but the reference together:
 * `a` and `b` empty; `value` is the statistic, for `nemenyi` the critical
 * difference). NaN where not defined.
 */
export const Agreement = /* @__PURE__ */ Table.whole("agreement", {
  measure: "utf8",
  a: "utf8",
  b: "utf8",
  value: "float64",
  low: "float64",
  high: "float64",
  p: "float64",
  n: "int32",
})

/** The regression of the accuracies on one set on those of the reference: a line and its confidence band at points along x. */
export const Regressions = /* @__PURE__ */ Table.whole("regressions", {
  set: "utf8",
  x: "float64",
  fit: "float64",
  low: "float64",
  high: "float64",
})

/**
 * What can be said, in words. `kind` is `overall`, `neighbours` (`a` before `b`
 * in the reference's ranking), `model` (`a`), `method` (the thresholds) or
 * `unsaid` (what cannot be said from accuracies alone).
 */
export const Verdicts = /* @__PURE__ */ Table.whole("verdicts", {
  kind: "utf8",
  a: "utf8",
  b: "utf8",
  text: "utf8",
})

/**
 * What each aggregate (`weighted`, `geometric`, `precision`) of each model comes
 * to when the images are drawn again and again: `value` is as measured,
 * `replicates` has one a draw. The same place in all lists is the same draw.
 */
export const Replicates = /* @__PURE__ */ Table.whole("replicates", {
  model: "utf8",
  aggregate: "utf8",
  value: "float64",
  replicates: "float32s",
})
