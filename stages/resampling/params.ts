import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** A side of an image, in pixels. */
export const Side = /* @__PURE__ */ Schema.Int.check(/* @__PURE__ */ Schema.isBetween({ minimum: 1, maximum: 0x3fff }))

/** How pixels are weighed in a resize; bilinear where nothing is said. */
export const FilterParam = /* @__PURE__ */ Schema.Literals(["bilinear", "bicubic", "nearest"]).pipe(
  /* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed<"bilinear">("bilinear")),
)
