import * as Schema from "effect/Schema"

/** Names of the rows, as in `score`. */
export const naming = {
  model: Schema.NonEmptyString,
  set: Schema.NonEmptyString,
  /** Added to the metrics' names: `masked` makes `map-masked`. */
  variant: /* @__PURE__ */ Schema.optionalKey(Schema.NonEmptyString),
}

/** Which model, on which set. */
export interface Naming {
  readonly model: string
  readonly set: string
  readonly variant?: string
}
