import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { optional, type Reader, rows } from "../src/dsl/Stage.ts"
import { StageError } from "../src/dsl/StageError.ts"
import * as Session from "../src/onnx/Session.ts"
import * as Tensor from "../src/onnx/Tensor.ts"
import { open } from "./probes/numeric.ts"
import { rankingGraph } from "./probes/ranking.ts"
import { Features, Labels, Predictions, Probe } from "./tables.ts"

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

const chosenProbe = Effect.fnUntraced(function* (probe: Reader<typeof Probe>, wanted: string) {
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
 * Applies a probe to features, batch by batch. Gives the `top` best classes of
 * each image (all of them where there are fewer) with their scores, which are
 * the probe's own (logits of a linear probe, votes of neighbours; no softmax),
 * and, where labels are given, the place of the best-placed true label among
 * all classes. Of equal scores the lower class goes first.
 *
 * `variant` says which of the probe's is meant: `final`, or `best` where it has one.
 *
 * `mask` lists the classes that count: the others are left out before anything
 * is ranked, as the benchmarks of 200 classes out of 1000 do. Labels outside
 * the mask have no place; an image that has only such labels is an error.
 *
 * Errors: features of another width than the probe's, labels or mask out of
 * range, scores that are NaN.
 */
export const predict = rows("predict", {
  module: import.meta,
  params: Schema.Struct({
    top: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(5))),
    variant: Schema.Literals(["final", "best"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed<"final">("final"))),
    mask: Schema.optionalKey(Schema.NonEmptyArray(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))),
  }),
  inputs: { probe: Probe, features: Features, labels: optional(Labels) },
  output: Predictions,
  over: "features",
  environment: Session.environment,
  open: Effect.fnUntraced(function* (inputs, params) {
    const probe = yield* chosenProbe(inputs.probe, params.variant)
    const mask = yield* checkedMask(params.mask, probe.classes)
    const labels = yield* labelsById(inputs.labels)
    const top = Math.min(params.top, mask?.size ?? probe.classes)
    // A linear probe multiplies once a weight and row, one of neighbours once a number it carries: some 64 rows' worth.
    const scoring = yield* open(probe.onnx, { failure: "the probe cannot be run", work: probe.onnx.length * 16 })
    const graph = rankingGraph({ classes: probe.classes, top, mask: params.mask })
    const ranking = yield* open(yield* graph.bytes, { failure: "the scores cannot be ranked", work: 0 })

    return Effect.fnUntraced(function* ({ features, id }) {
      // onnxruntime's TopK divides by the number of rows: without any the process would end.
      if (id.length === 0) return { id, top: [], score: [], rank: new Int32Array(0) }
      const width = features.shape.reduce((product, side) => product * side, 1)
      if (width !== probe.width) {
        return yield* new StageError({
          message: `the probe was fitted on ${probe.width} features, and these rows have ${width}`,
          hint: "fit and predict with features of one encoder",
        })
      }
      const pairs: Array<number> = []
      for (const [row, image] of id.entries()) {
        const given = labels.get(image) ?? []
        for (const label of yield* ranked(image, given, probe.classes, mask)) pairs.push(row, label)
      }
      const { scores } = yield* scoring.run(
        { features: Tensor.float32([id.length, probe.width], features.data) },
        { scores: "float32" },
      )
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
      return {
        id,
        top: id.map((_, row) => found.top.data.subarray(...of(row))),
        score: id.map((_, row) => found.best.data.subarray(...of(row))),
        rank,
      }
    })
  }),
})
