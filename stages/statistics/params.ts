/** The params that several statistics share. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Name = Schema.NonEmptyString

/** Which model on which set each input is of, in the order of the inputs. */
export const Cells = /* @__PURE__ */ Schema.Array(/* @__PURE__ */ Schema.Tuple([Name, Name]))

/** Share of intervals that hold the truth; .95 where nothing is said. */
export const Level = /* @__PURE__ */ Schema.Finite.check(
  /* @__PURE__ */ Schema.isBetween({ minimum: 0, maximum: 1, exclusiveMinimum: true, exclusiveMaximum: true }),
).pipe(/* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(0.95)))

/** How many bootstrap resamples; 10,000 where nothing is said. */
export const Resamples = /* @__PURE__ */ Schema.Int.check(
  /* @__PURE__ */ Schema.isBetween({ minimum: 100, maximum: 10_000_000 }),
).pipe(/* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(10_000)))

/** Decides every random draw; 0 where nothing is said. */
export const Seed = /* @__PURE__ */ Schema.Int.pipe(
  /* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(0)),
)

/** The lead of one model over another that is looked at, as a share of images; .001 where nothing is said. */
export const Lead = /* @__PURE__ */ Schema.Finite.check(
  /* @__PURE__ */ Schema.isBetween({ minimum: 0, maximum: 1, exclusiveMinimum: true }),
).pipe(/* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(0.001)))

/**
 * Up to how many models every two are compared; 200 where nothing is said. Of
 * more, only those are that are neighbours in the ranking on any of the sets.
 */
export const Every = /* @__PURE__ */ Schema.Int.check(/* @__PURE__ */ Schema.isGreaterThanOrEqualTo(0)).pipe(
  /* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(200)),
)
