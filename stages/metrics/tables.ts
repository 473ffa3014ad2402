import * as Table from "../../src/arrow/Table.ts"

/** The classes that occur in some labels, in order. */
export const ClassNumbers = /* @__PURE__ */ Table.whole("classNumbers", { class: "int32" })

/** How many `images` of the class `label` are taken for the class `guess`; pairs that do not occur have no row. */
export const Confusion = /* @__PURE__ */ Table.whole("confusion", {
  label: "int32",
  labelName: "utf8",
  guess: "int32",
  guessName: "utf8",
  images: "int32",
})

/**
 * What is said of each class: images with this label, images taken for it, and
 * recall (the class's accuracy), precision and F1, all 0..1. Recall is NaN for a
 * class without images, precision for one that nothing is taken for.
 */
export const ClassTable = /* @__PURE__ */ Table.whole("classTable", {
  class: "int32",
  name: "utf8",
  images: "int32",
  predicted: "int32",
  recall: "float64",
  precision: "float64",
  f1: "float64",
})

/**
 * The accuracy of each class under two encoders, the largest gain first.
 * `kind` is `improved` or `harmed` for the most improved and most harmed classes,
 * else empty.
 */
export const ClassChanges = /* @__PURE__ */ Table.whole("classChanges", {
  class: "int32",
  name: "utf8",
  images: "int32",
  before: "float64",
  after: "float64",
  change: "float64",
  kind: "utf8",
})

/**
 * Whether classes that are hard for one model are hard for another: the
 * correlation of their class accuracies on a set over `n` classes, with an
 * interval and a two-sided p-value. NaN where not defined. `measure` is
 * `spearman` or `tau-b`.
 */
export const ClassAgreement = /* @__PURE__ */ Table.whole("classAgreement", {
  set: "utf8",
  measure: "utf8",
  a: "utf8",
  b: "utf8",
  value: "float64",
  low: "float64",
  high: "float64",
  p: "float64",
  n: "int32",
})
