/** What the values of a metric are, and which of two is better. */
export interface Measure {
  /** `share` for 0..1, shown in percent; `nats`; empty for numbers without a unit. */
  readonly unit: "share" | "nats" | ""
  readonly better: "more" | "less"
}

/** The built-in metrics whose values are in 0..1. */
const shares = new Set(["top1", "top5", "mean-class", "macro-f1", "map"])

/**
 * The measure of a metric, by its name without what a variant adds (`nll-masked`).
 * Of a metric that is not built in more is taken to be better, and it is a share
 * where all its `values` are in 0..1.
 */
export const measureOf = (metric: string, values: ReadonlyArray<number>): Measure => {
  const is = (name: string) => metric === name || metric.startsWith(`${name}-`)
  if (is("nll")) return { unit: "nats", better: "less" }
  if (is("ece")) return { unit: "share", better: "less" }
  const share = [...shares].some(is) || values.every((value) => value >= 0 && value <= 1)
  return { unit: share ? "share" : "", better: "more" }
}

/** Whether a measure can have this value. */
export const allows = ({ unit }: Measure, value: number): boolean =>
  unit === "share" ? value >= 0 && value <= 1 : Number.isFinite(value) && (unit === "" || value >= 0)
