import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Features, Labels } from "../tables.ts"
import { shared } from "./shared.ts"

/** What a probe is fitted on: every row of features that has a label, in the order of the features. */
export interface Problem {
  /** The images, one a row. */
  readonly ids: ReadonlyArray<string>
  /** `[rows, width]`, row by row. */
  readonly features: Float32Array
  /** `[rows]`, each in `0..classes - 1`. */
  readonly labels: Int32Array
  readonly rows: number
  readonly width: number
  readonly classes: number
}

/** An ONNX model is one protobuf message, of less than 2 GB. */
export const largest = 2 ** 31 - 2 ** 20

/** One class an id. An image without a class is left out; one with several cannot be trained on. */
const classOf = Effect.fnUntraced(function* (labels: Reader<typeof Labels>) {
  const classes = new Map<string, number | ReadonlyArray<number>>()
  yield* Stream.runForEach(
    labels.batches,
    Effect.fnUntraced(function* (batch) {
      for (const [row, id] of batch.id.entries()) {
        const given = new Set(batch.labels[row])
        const [first] = given
        if (first === undefined) continue
        const known = classes.get(id)
        if (known !== undefined && (given.size > 1 || known !== first)) {
          return yield* new StageError({
            message: `the image ${id} stands twice in the training labels, with different classes`,
            hint: "each image needs one row of labels",
          })
        }
        classes.set(id, given.size === 1 ? first : [...given])
      }
    }),
  )
  return classes
})

const nothingLeft = (features: number, labels: number, id: string | undefined, labelled: string | undefined) =>
  features === 0
    ? new StageError({
        message: "there are no features to fit a probe on",
        hint: "the training set has no images, or all of them were skipped",
      })
    : new StageError({
        message: `none of the ${features} images has a label (${labels} ids have one)`,
        hint:
          labelled === undefined
            ? "the labels are empty"
            : `labels are joined to features by id: the first are ${labelled} and ${id ?? ""}`,
      })

/**
 * Joins labels to features by id; the labels' order does not matter, and images
 * without a label are left out. Features are copied once, into one array: memory
 * is `rows * width * 4` bytes.
 *
 * `classes` is one more than the highest label where it is not given.
 *
 * Errors: no rows, nothing in common, several labels for one image, labels out
 * of range, fewer than two classes present, a width of 0 or one that changes.
 */
export const join = Effect.fnUntraced(function* (
  inputs: { readonly features: Reader<typeof Features>; readonly labels: Reader<typeof Labels> },
  classes: number | undefined,
): Effect.fn.Return<Problem, StageError> {
  const labelOf = yield* classOf(inputs.labels)
  let features = shared(0)
  const ids: Array<string> = []
  const labels = new Int32Array(inputs.features.rows)
  let width = 0
  let rows = 0
  let firstId: string | undefined
  yield* Stream.runForEach(
    inputs.features.batches,
    Effect.fnUntraced(function* (batch) {
      if (batch.id.length === 0) return
      const size = batch.features.shape.reduce((product, side) => product * side, 1)
      if (firstId === undefined) {
        firstId = batch.id[0]
        width = size
        if (width === 0) return yield* new StageError({ message: "the features are 0 wide" })
        features = yield* Effect.try({
          try: () => shared(inputs.features.rows * width),
          catch: (cause) =>
            new StageError({
              message: `${inputs.features.rows} x ${width} features do not fit into memory`,
              hint: "fit the probe on a subset of the training set",
              cause,
            }),
        })
      }
      if (size !== width) {
        return yield* new StageError({ message: `the features are ${width} wide at first, then ${size}` })
      }
      for (const [row, id] of batch.id.entries()) {
        const label = labelOf.get(id)
        if (label === undefined) continue
        if (typeof label !== "number") {
          return yield* new StageError({
            message: `the image ${id} has ${label.length} labels (${label.join(", ")}), and training needs one`,
            hint: "fit on labels with one class an image; several are for evaluation",
          })
        }
        if (label < 0 || (classes !== undefined && label >= classes)) {
          return yield* new StageError({
            message: `the label ${label} of the image ${id} is not in 0..${classes === undefined ? "" : classes - 1}`,
            hint: label < 0 ? "classes are counted from 0" : `\`classes\` is ${classes}: it must exceed every label`,
          })
        }
        features.set(batch.features.data.subarray(row * width, (row + 1) * width), rows * width)
        labels[rows++] = label
        ids.push(id)
      }
    }),
  )
  if (rows === 0) {
    const [labelled] = labelOf.keys()
    return yield* nothingLeft(inputs.features.rows, labelOf.size, firstId, labelled)
  }
  const used = labels.subarray(0, rows)
  const present = new Set(used)
  if (present.size < 2) {
    return yield* new StageError({
      message: `all ${rows} labelled images are of class ${used[0]}: a probe needs two classes`,
      hint: "check the labels of the training set",
    })
  }
  const highest = used.reduce((a, b) => Math.max(a, b), 0)
  const count = classes ?? highest + 1
  if (count * (width + 1) * 4 >= largest) {
    return yield* new StageError({
      message: `a probe of ${count} classes and ${width} features does not fit into an ONNX model of 2 GB`,
      hint:
        classes === undefined ? `the highest label is ${highest}: labels count the classes from 0` : "lower `classes`",
    })
  }
  return { ids, features: features.subarray(0, rows * width), labels: used, rows, width, classes: count }
})
