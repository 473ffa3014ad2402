import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Table from "../src/arrow/Table.ts"
import { Progress } from "../src/dsl/Services.ts"
import { whole } from "../src/dsl/Stage.ts"
import * as Session from "../src/onnx/Session.ts"
import { finite } from "./probes/finite.ts"
import { nearest } from "./probes/nearest.ts"
import { sides } from "./probes/nearestGraphs.ts"
import { join } from "./probes/Problem.ts"
import { Count, defaulted, Positive } from "./probes/Protocol.ts"
import { inPieces, momentsOf } from "./probes/Queries.ts"
import { Features, Labels } from "./tables.ts"

/**
 * The nearest training rows of each image, nearest first: their places among
 * the labelled training rows, their labels, and how near they are, the cosine
 * or minus the Euclidean distance. Of equally near ones the lower row goes first.
 */
export const Neighbours = /* @__PURE__ */ Table.rows("neighbours", {
  id: "utf8",
  row: "int32s",
  label: "int32s",
  similarity: "float32s",
})

/** Bytes of an image while it is looked up: twice its features, and what up to four threads and their merger found. */
const bytesOf = (width: number, depth: number) => 2 * 4 * width + 7 * 8 * depth

/**
 * Finds the nearest training rows of each image: exactly, by comparing each
 * with all of them. Training features are read shard by shard where they exceed
 * three quarters of `memory` (GB), and once for every piece of the images that
 * fits into the last quarter. A search that several probes need is one node.
 *
 * Errors: those of {@link join}; features that are no numbers or of another width.
 */
export const neighbours = whole("neighbours", {
  module: import.meta,
  params: Schema.Struct({
    metric: Schema.Literals(["cosine", "euclidean"]),
    normalise: defaulted(Schema.Literals(["none", "l2", "standardise", "standardise-own"]), "none"),
    depth: Count,
    classes: Schema.optionalKey(Count),
    memory: defaulted(Positive, 8),
  }),
  inputs: { features: Features, training: Features, labels: Labels },
  output: Neighbours,
  environment: Session.environmentOnDevice,
  run: Effect.fnUntraced(function* ({ features, labels, training }, params) {
    const problem = yield* join(
      { features: training, labels },
      { classes: params.classes, memory: params.memory * 0.75 },
    )
    yield* finite(problem)
    const { rows, width } = problem
    const depth = Math.min(params.depth, rows)
    const own = params.normalise === "standardise-own" ? yield* momentsOf(features, width) : undefined
    const most = Math.max(1, Math.min(features.rows, Math.floor((params.memory * 0.25e9) / bytesOf(width, depth))))
    const find = yield* nearest(problem, { ...params, queries: most }, yield* sides(problem, params, own))
    const progress = yield* Progress
    let before = 0
    return Stream.mapEffect(
      inPieces(features, width, most),
      Effect.fnUntraced(function* ({ data, ids }) {
        const found = yield* find(data, (done) => {
          const share = before + (ids.length * done) / rows
          return progress.report(Math.floor(share), features.rows, "images")
        })
        before += ids.length
        const labelsOf = found.rows.map((row) => problem.labels[row] ?? -1)
        const lists = <A>(of: (from: number, to: number) => A) => ids.map((_, i) => of(i * depth, (i + 1) * depth))
        return {
          id: ids,
          row: lists((from, to) => found.rows.subarray(from, to)),
          label: lists((from, to) => labelsOf.subarray(from, to)),
          similarity: lists((from, to) => found.similarity.subarray(from, to)),
        }
      }),
    )
  }),
})
