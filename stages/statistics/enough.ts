import * as Schema from "effect/Schema"

/** Draws of all models together that a stage makes by itself. */
const draws = 2_000_000

/**
 * How many draws are made where nothing is said: 10,000, which puts a probability
 * within .01 of the truth, and fewer of more than 200 models, but no less than
 * 1,000 (within .03).
 */
export const enough = (models: number): number => Math.min(10_000, Math.max(1000, Math.floor(draws / models)))

/** How many draws; as many as are `enough` where nothing is said. */
export const Drawn = /* @__PURE__ */ Schema.optionalKey(
  /* @__PURE__ */ Schema.Int.check(/* @__PURE__ */ Schema.isBetween({ minimum: 100, maximum: 10_000_000 })),
)
