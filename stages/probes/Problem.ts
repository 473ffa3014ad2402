import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Features, Labels } from "../tables.ts"
import * as Hash from "../../src/hash/Hash.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { FeatureRows } from "./FeatureRows.ts"
import { halver } from "./halver.ts"
import { residentRows } from "./residentRows.ts"
import { shared, sharedHalves } from "./shared.ts"
import { type Part, streamedRows } from "./streamedRows.ts"

/** What a probe is fitted on: every row of features that has a label, in the order of the features. */
export interface Problem {
  /** The images, one a row. */
  readonly ids: ReadonlyArray<string>
  readonly features: FeatureRows
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

/** What a problem is made of, once labels are joined. */
interface Joined {
  readonly ids: ReadonlyArray<string>
  readonly labels: Int32Array
  readonly parts: ReadonlyArray<Part>
  readonly width: number
}

/** One pass over the features: which rows have a label, and which. `take` hears of each batch and its labelled rows. */
const walk = Effect.fnUntraced(function* (
  { features, labels }: Inputs,
  classes: number | undefined,
  take: (data: Float32Array, width: number, rows: ReadonlyArray<number>) => Effect.Effect<void, StageError>,
) {
  const labelOf = yield* classOf(labels)
  const ids: Array<string> = []
  const found = new Int32Array(features.rows)
  const parts: Array<Part> = []
  let width = 0
  let firstId: string | undefined
  for (const shard of features.shards) {
    const start = ids.length
    const places: Array<number> = []
    yield* Stream.runForEach(
      shard.batches,
      Effect.fnUntraced(function* (batch) {
        if (batch.id.length === 0) return
        const size = batch.features.shape.reduce((product, side) => product * side, 1)
        if (firstId === undefined) [firstId, width] = [batch.id[0], size]
        if (size === 0) return yield* new StageError({ message: "the features are 0 wide" })
        if (size !== width) {
          return yield* new StageError({ message: `the features are ${width} wide at first, then ${size}` })
        }
        const rows: Array<number> = []
        for (const [row, id] of batch.id.entries()) {
          const label = labelOf.get(id)
          places.push(label === undefined ? -1 : ids.length)
          if (label === undefined) continue
          found[ids.length] = yield* checked(id, label, classes)
          ids.push(id)
          rows.push(row)
        }
        yield* take(batch.features.data, width, rows)
      }),
    )
    parts.push({ shard, start, places: Int32Array.from(places) })
  }
  if (ids.length === 0) {
    const [labelled] = labelOf.keys()
    return yield* nothingLeft(features.rows, labelOf.size, firstId, labelled)
  }
  const joined: Joined = { ids, labels: found.slice(0, ids.length), parts, width }
  return joined
})

/** A label that training can use. */
const checked = Effect.fnUntraced(function* (
  id: string,
  label: number | ReadonlyArray<number>,
  classes: number | undefined,
) {
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
  return label
})

const tooLarge = (rows: number, width: number) => (cause: unknown) =>
  new StageError({
    message: `${rows} x ${width} features do not fit into memory`,
    hint: "lower `memory`: what does not fit is read shard by shard",
    cause,
  })

/** The width of the features, from the first batch that has rows. */
const widthOf = (features: Reader<typeof Features>) =>
  Stream.runHead(Stream.filter(features.batches, ({ id }) => id.length > 0)).pipe(
    Effect.map(
      Option.match({ onNone: () => 0, onSome: ({ features: { shape } }) => shape.reduce((a, b) => a * b, 1) }),
    ),
  )

const checkClasses = Effect.fnUntraced(function* (labels: Int32Array, width: number, classes: number | undefined) {
  const present = new Set(labels)
  if (present.size < 2) {
    return yield* new StageError({
      message: `all ${labels.length} labelled images are of class ${labels[0]}: a probe needs two classes`,
      hint: "check the labels of the training set",
    })
  }
  const highest = labels.reduce((a, b) => Math.max(a, b), 0)
  const count = classes ?? highest + 1
  if (count * (width + 1) * 4 >= largest) {
    return yield* new StageError({
      message: `a probe of ${count} classes and ${width} features does not fit into an ONNX model of 2 GB`,
      hint:
        classes === undefined ? `the highest label is ${highest}: labels count the classes from 0` : "lower `classes`",
    })
  }
  return count
})

/** The inputs of a fit. */
interface Inputs {
  readonly features: Reader<typeof Features>
  readonly labels: Reader<typeof Labels>
}

/**
 * Joins labels to features by id; the labels' order does not matter, and images
 * without a label are left out. `memory` is how many GB of features may be in
 * memory: as float32 where they fit, else as float16 where those fit; else they
 * are read from their shards on each pass. What is in memory is copied once.
 *
 * `classes` is one more than the highest label where it is not given.
 *
 * Errors: no rows, nothing in common, several labels for one image, labels out
 * of range, fewer than two classes present, a width of 0 or one that changes.
 */
export const join = Effect.fnUntraced(function* (
  inputs: Inputs,
  { classes, memory }: { readonly classes?: number | undefined; readonly memory: number },
) {
  const bytes = inputs.features.rows * (yield* widthOf(inputs.features))
  const type = bytes * 4 <= memory * 1e9 ? "float32" : bytes * 2 <= memory * 1e9 ? "float16" : undefined
  const made = Effect.fnUntraced(function* ({ ids, labels, width }: Joined, features: FeatureRows) {
    const count = yield* checkClasses(labels, width, classes)
    const problem: Problem = { ids, features, labels, rows: ids.length, width, classes: count }
    return problem
  })
  if (type === undefined) {
    const joined = yield* walk(inputs, classes, () => Effect.void)
    const { labels, parts, width } = joined
    // Two buffers are in memory while rows go from one to the next.
    const most = Math.max(1, Math.floor((memory * 1e9) / 8 / width))
    return yield* made(joined, streamedRows({ parts, labels, width, most }))
  }
  const size = inputs.features.rows
  let at = 0
  if (type === "float32") {
    let data = shared(0)
    const joined = yield* walk(inputs, classes, (batch, width, rows) =>
      Effect.try({
        try: () => {
          if (data.length === 0) data = shared(size * width)
          for (const row of rows) data.set(batch.subarray(row * width, (row + 1) * width), width * at++)
        },
        catch: tooLarge(size, width),
      }),
    )
    const { labels, width } = joined
    const block = Tensor.float32([labels.length, width], data.subarray(0, labels.length * width))
    return yield* made(joined, residentRows(block, labels))
  }
  const halve = yield* halver
  let data = sharedHalves(0)
  const joined = yield* walk(inputs, classes, (batch, width, rows) =>
    Effect.gen(function* () {
      if (data.length === 0) {
        data = yield* Effect.try({ try: () => sharedHalves(size * width), catch: tooLarge(size, width) })
      }
      const halves = yield* halve(batch)
      for (const row of rows) data.set(halves.subarray(row * width, (row + 1) * width), width * at++)
    }),
  )
  const { labels, width } = joined
  const block = Tensor.float16([labels.length, width], data.subarray(0, labels.length * width))
  return yield* made(joined, residentRows(block, labels))
}, Effect.scoped)

/** A problem of features `[rows, width]` that are in memory already. */
export const inMemory = (
  features: Float32Array,
  labels: Int32Array,
  of: { readonly width: number; readonly classes: number; readonly ids?: ReadonlyArray<string> },
): Problem => ({
  ids: of.ids ?? Array.from(labels, (_, row) => String(row)),
  features: residentRows(Tensor.float32([labels.length, of.width], features), labels),
  labels,
  rows: labels.length,
  width: of.width,
  classes: of.classes,
})

const some = (problem: Problem, rows: Int32Array, features: FeatureRows): Problem => ({
  ...problem,
  ids: Array.from(rows, (row) => problem.ids[row] ?? ""),
  labels: rows.map((row) => problem.labels[row] ?? 0),
  rows: rows.length,
  features,
})

/**
 * Takes a part of the rows out: `fraction` of them, rounded, drawn by a hash of
 * the seed and their ids, so that more images disturb the drawing little. What
 * is held out is copied into memory, float32.
 *
 * Errors: nothing is held out, or nothing is left.
 */
export const split = Effect.fnUntraced(function* (
  problem: Problem,
  fraction: number,
  seed: number,
): Effect.fn.Return<{ readonly training: Problem; readonly heldOut: Problem }, StageError> {
  const { features, ids, rows } = problem
  const count = Math.round(fraction * rows)
  if (count === 0 || count === rows) {
    return yield* new StageError({
      message: `of ${rows} rows ${count === 0 ? "none would be" : "all would be"} held out at ${fraction}`,
      hint: "choose another `heldOut`, or fit on more images",
    })
  }
  const drawn = ids.map((id, row) => ({ row, by: Hash.ofText(`${seed}/${id}`) }))
  drawn.sort((a, b) => (a.by < b.by ? -1 : a.by > b.by ? 1 : a.row - b.row))
  const out = Int32Array.from(drawn.slice(0, count), ({ row }) => row).sort()
  const left = Int32Array.from(drawn.slice(count), ({ row }) => row).sort()
  const heldOut = some(problem, out, features)
  const data = shared(count * problem.width)
  data.set(yield* features.copy(out))
  const resident = residentRows(Tensor.float32([count, problem.width], data), heldOut.labels)
  return { training: some(problem, left, features.select(left)), heldOut: { ...heldOut, features: resident } }
})
