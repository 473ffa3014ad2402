import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Batch } from "../../src/arrow/Table.ts"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Labels, Predictions, Probe } from "../tables.ts"
import { open } from "./numeric.ts"
import { defaulted } from "./Protocol.ts"
import { rankingGraph } from "./ranking.ts"

/** The params of predictions, whatever the probe. */
export const predictParams = {
  top: defaulted(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)), 5),
  variant: defaulted(Schema.Literals(["final", "best"]), "final"),
  mask: Schema.optionalKey(Schema.NonEmptyArray(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))),
}

/** The labels by id, or none where they are not given. */
const labelsById = Effect.fnUntraced(function* (labels: Reader<typeof Labels> | undefined) {
  const byId = new Map<string, ReadonlyArray<number>>()
  if (labels === undefined) return byId
  yield* Stream.runForEach(labels.batches, (batch) =>
    Effect.sync(() => {
      for (const [row, id] of batch.id.entries()) byId.set(id, [...(byId.get(id) ?? []), ...(batch.labels[row] ?? [])])
    }),
  )
  return byId
})

/** The labels of an image that have a place in the ranking: those in the mask. */
const ranked = Effect.fnUntraced(function* (
  id: string,
  labels: ReadonlyArray<number>,
  classes: number,
  mask: ReadonlySet<number> | undefined,
): Effect.fn.Return<ReadonlyArray<number>, StageError> {
  const wrong = labels.find((label) => label < 0 || label >= classes)
  if (wrong !== undefined) {
    return yield* new StageError({
      message: `the label ${wrong} of the image ${id} is not one of the probe's ${classes} classes`,
      hint: "training and evaluation labels must count the same classes; `classes` of fitProbe adds some that are not trained",
    })
  }
  const kept = mask === undefined ? labels : labels.filter((label) => mask.has(label))
  if (kept.length === 0 && labels.length > 0) {
    return yield* new StageError({
      message: `no label of the image ${id} (${labels.join(", ")}) is in the mask`,
      hint: "`mask` lists the classes that the set has",
    })
  }
  return kept
})

const checkedMask = Effect.fnUntraced(function* (mask: ReadonlyArray<number> | undefined, classes: number) {
  const wrong = mask?.find((index) => index >= classes)
  if (wrong !== undefined) {
    return yield* new StageError({
      message: `the mask names class ${wrong}, and the probe has the classes 0..${classes - 1}`,
    })
  }
  return mask === undefined ? undefined : new Set(mask)
})

/** The variant of a probe that is wanted. */
export const chosenProbe = Effect.fnUntraced(function* (probe: Reader<typeof Probe>, wanted: string) {
  const { classes, onnx, variant, width } = yield* probe.all
  const at = variant.indexOf(wanted)
  const [model, inputs, outputs] = [onnx[at], width[at], classes[at]]
  if (model === undefined || inputs === undefined || outputs === undefined) {
    return yield* new StageError({
      message: `the probe has no variant ${wanted}: it has ${variant.join(" and ")}`,
      hint: "`best` needs a part of the training set that is held out: `heldOut: 0.1` of fitProbe",
    })
  }
  return { onnx: model, width: inputs, classes: outputs }
})

/**
 * Ranks scores `[rows, classes]` of images: what becomes a batch of predictions.
 *
 * Errors: labels or mask out of range, an image of which no label is in the mask, scores that are NaN.
 */
export const ranker = Effect.fnUntraced(function* (
  given: Reader<typeof Labels> | undefined,
  classes: number,
  params: { readonly top: number; readonly mask?: ReadonlyArray<number> },
) {
  const mask = yield* checkedMask(params.mask, classes)
  const labels = yield* labelsById(given)
  const top = Math.min(params.top, mask?.size ?? classes)
  const graph = rankingGraph({ classes, top, mask: params.mask })
  const ranking = yield* open(yield* graph.bytes, { failure: "the scores cannot be ranked", work: 0 })
  return Effect.fnUntraced(function* (id: ReadonlyArray<string>, scores: Tensor.TensorOf<"float32">) {
    const pairs: Array<number> = []
    for (const [row, image] of id.entries()) {
      for (const label of yield* ranked(image, labels.get(image) ?? [], classes, mask)) pairs.push(row, label)
    }
    const found = yield* ranking.run(
      { scores, pairs: Tensor.int64([pairs.length / 2, 2], pairs) },
      { top: "int32", best: "float32", undefined: "bool", ranks: "int32" },
    )
    const nan = found.undefined.data.indexOf(1)
    if (nan >= 0) {
      return yield* new StageError({
        message: `the probe's scores of the image ${id[nan] ?? ""} are not numbers`,
        hint: "its features hold NaN or infinity, or are too large: check the encoder's preprocessing",
      })
    }
    const rank = new Int32Array(id.length)
    found.ranks.data.forEach((place, at) => {
      const row = pairs[at * 2] ?? 0
      rank[row] = rank[row] === 0 ? place : Math.min(rank[row] ?? place, place)
    })
    const of = (row: number) => [row * top, (row + 1) * top] as const
    const batch: Batch<typeof Predictions> = {
      id,
      top: id.map((_, row) => found.top.data.subarray(...of(row))),
      score: id.map((_, row) => found.best.data.subarray(...of(row))),
      rank,
    }
    return batch
  })
})

/** Predictions of no images: onnxruntime's TopK divides by the number of rows, and without any the process would end. */
export const nobody: Batch<typeof Predictions> = { id: [], top: [], score: [], rank: new Int32Array(0) }
