/** The tables a report is drawn from, with the columns it needs of each. What else a table has is not looked at. */
import * as Table from "../../arrow/Table.ts"

export const Leaderboard = Table.whole("leaderboard", {
  model: "utf8",
  column: "utf8",
  kind: "utf8",
  unit: "utf8",
  value: "float64",
  rank: "int32",
  change: "int32",
  images: "int32",
  skipped: "int32",
})
export const Scores = Table.whole("scores", {
  model: "utf8",
  set: "utf8",
  metric: "utf8",
  class: "int32",
  value: "float64",
  images: "int32",
  skipped: "int32",
  unlabelled: "int32",
})
export const Intervals = Table.whole("intervals", {
  model: "utf8",
  set: "utf8",
  method: "utf8",
  value: "float64",
  low: "float64",
  high: "float64",
  level: "float64",
  images: "int32",
})
export const Pairs = Table.whole("pairs", {
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
export const Noise = Table.whole("noise", {
  set: "utf8",
  images: "int32",
  discordance: "float64",
  error: "float64",
  smallest: "float64",
  lead: "float64",
  noise: "float64",
  level: "float64",
})
export const RankSets = Table.whole("rankSets", {
  set: "utf8",
  model: "utf8",
  rank: "int32",
  low: "int32",
  high: "int32",
  marginalLow: "int32",
  marginalHigh: "int32",
  level: "float64",
})
export const RankProbabilities = Table.whole("rankProbabilities", {
  source: "utf8",
  set: "utf8",
  model: "utf8",
  rank: "int32",
  probability: "float64",
})
export const AggregateIntervals = Table.whole("aggregateIntervals", {
  model: "utf8",
  aggregate: "utf8",
  value: "float64",
  low: "float64",
  high: "float64",
  level: "float64",
})
export const Effects = Table.whole("effects", {
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
export const Agreement = Table.whole("agreement", {
  measure: "utf8",
  a: "utf8",
  b: "utf8",
  value: "float64",
  low: "float64",
  high: "float64",
  p: "float64",
  n: "int32",
})
export const Regressions = Table.whole("regressions", {
  set: "utf8",
  x: "float64",
  fit: "float64",
  low: "float64",
  high: "float64",
})
export const Verdicts = Table.whole("verdicts", { kind: "utf8", a: "utf8", b: "utf8", text: "utf8" })

export const Features = Table.rows("features", { id: "utf8", features: "float32Tensor" })
export const Images = Table.rows("images", { id: "utf8", bytes: "binary" })
export const Labels = Table.rows("labels", { id: "utf8", labels: "int32s" })
export const Classes = Table.whole("classes", { name: "utf8" })
export const Probe = Table.whole(
  "probe",
  { protocol: "utf8", variant: "utf8", setting: "utf8", curve: "float32s", settings: "utf8" },
  { aside: ["curve", "settings"] },
)
export const Predictions = Table.rows("predictions", { id: "utf8", top: "int32s", score: "float32s" })

/** Whether a node's table is such a table: its name, and the columns that are needed of it. */
export const fits = (wanted: Table.Table, table: Table.Table): boolean =>
  table.name === wanted.name &&
  Object.entries(wanted.columns).every(([name, column]) => table.columns[name] === column) &&
  wanted.aside.every((name) => table.aside.includes(name))
