import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** How many: at least one. */
export const Count = /* @__PURE__ */ Schema.Int.check(/* @__PURE__ */ Schema.isGreaterThanOrEqualTo(1))

/** Which of all seeded orders; 0 where nothing is said. */
export const Seed = /* @__PURE__ */ Schema.Int.pipe(
  /* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(0)),
)
