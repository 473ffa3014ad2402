/** The schemas that flow between stages. */
import * as Table from "../src/arrow/Table.ts"

/** Which images there are: content hash and size of each, and aside from that where it lies. */
export const Manifest = /* @__PURE__ */ Table.rows(
  "manifest",
  { id: "utf8", hash: "utf8", bytes: "float64", path: "utf8", offset: "float64" },
  { aside: ["path", "offset"] },
)

/** Encoded images (JPEG, PNG, …). */
export const Images = /* @__PURE__ */ Table.rows("images", { id: "utf8", bytes: "binary" })

/**
 * Decoded images of any size: `pixels` is height x width x 3 (RGB), row by row.
 * `fast` says how an image was resized while it was decoded (`256 bilinear`);
 * it is empty where the image has the size that it is stored in.
 */
export const Decoded = /* @__PURE__ */ Table.rows("decoded", {
  id: "utf8",
  height: "int32",
  width: "int32",
  pixels: "binary",
  fast: "utf8",
})

/** Images of one size: a tensor `[height, width, 3]` of uint8 a row, RGB. */
export const Pixels = /* @__PURE__ */ Table.rows("pixels", { id: "utf8", pixels: "uint8Tensor" })

/** A pretrained encoder: one row with the bytes of an ONNX model. */
export const Encoder = /* @__PURE__ */ Table.whole("encoder", { onnx: "binary" })

/** Embeddings: a tensor `[width]` of float32 a row. */
export const Features = /* @__PURE__ */ Table.rows("features", { id: "utf8", features: "float32Tensor" })

/** The classes of each image: one, several or none. */
export const Labels = /* @__PURE__ */ Table.rows("labels", { id: "utf8", labels: "int32s" })

/** The names of a set's classes: row `i` is class `i`. */
export const Classes = /* @__PURE__ */ Table.whole("classes", { name: "utf8" })

/**
 * A fitted probe: an ONNX graph from `features` (`[rows, width]` float32) to
 * `scores` (`[rows, classes]` float32, higher is better). A row a `variant`:
 * `final` first; `best`, after the epoch that a held-out part of the training
 * set liked best, where one was held out. `setting` is what a sweep chose, as
 * JSON (`{"rate":0.1}`), `{}` where nothing was swept.
 *
 * Aside from that, the course of the fit: `curve`, the mean training loss of
 * each epoch; `settings`, all that were swept and what became of each, as JSON;
 * `losses` `[settings, steps]`, the mean loss of each step, and `heldOut`
 * `[settings, epochs]`, the accuracy on the held-out part, both NaN where a
 * setting was given up. All empty where nothing is trained.
 */
export const Probe = /* @__PURE__ */ Table.whole(
  "probe",
  {
    protocol: "utf8",
    variant: "utf8",
    onnx: "binary",
    width: "int32",
    classes: "int32",
    setting: "utf8",
    curve: "float32s",
    settings: "utf8",
    losses: "float32s",
    heldOut: "float32s",
  },
  { aside: ["curve", "settings", "losses", "heldOut"] },
)

/**
 * The best classes of each image, best first, with their scores. `rank` is the
 * place (from 1) of the best-placed true label, 0 where labels are not given or empty.
 */
export const Predictions = /* @__PURE__ */ Table.rows("predictions", {
  id: "utf8",
  top: "int32s",
  score: "float32s",
  rank: "int32",
})

/**
 * Scores of one model on one set, long form. `class` is -1 for all classes
 * together. `value` is in 0..1 for all built-in metrics but `nll`, `images` what it is over, `skipped` the
 * labelled images that have no prediction, `unlabelled` those without a label.
 */
export const Scores = /* @__PURE__ */ Table.whole("scores", {
  model: "utf8",
  set: "utf8",
  metric: "utf8",
  class: "int32",
  value: "float64",
  images: "int32",
  skipped: "int32",
  unlabelled: "int32",
})

/**
 * The final table, long form: a row a model and column. `kind` is `set` or
 * `aggregate`; `unit` says what `value` is: `share` (0..1), `nats`, or nothing for
 * a number without a unit; `change` is the rank on the reference set minus `rank` (a gain
 * is positive), 0 for the reference itself.
 */
export const Leaderboard = /* @__PURE__ */ Table.whole("leaderboard", {
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
