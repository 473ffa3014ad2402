import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Batch from "../src/arrow/Batch.ts"
import type { Row } from "../src/arrow/Table.ts"
import { many, type Reader, whole } from "../src/dsl/Stage.ts"
import { StageError } from "../src/dsl/StageError.ts"
import { Features } from "./tables.ts"

const Kind = Schema.Literals(["none", "l2"])

const Params = Schema.Struct({
  /** What is done to each part before: one word for all of them, or a list in their order. */
  normalise: Schema.Union([Kind, Schema.NonEmptyArray(Kind)]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed<"none">("none")),
  ),
})
type Params = typeof Params.Type

type FeatureRow = Row<typeof Features>

/** Rows one at a time; memory holds a batch of each part. */
const rowsOf = (reader: Reader<typeof Features>): Stream.Stream<FeatureRow, StageError> =>
  Stream.flatMap(reader.batches, (batch) =>
    Stream.fromIterable(batch.id.map((_, row) => Batch.row(Features, batch, row))),
  )

/** Divides a row by its Euclidean length, or by 1e-12 where that is more (as `torch.nn.functional.normalize`). */
const unit = (data: Float32Array): Float32Array => {
  let sum = 0
  for (const x of data) sum += x * x
  const length = Math.max(Math.sqrt(sum), 1e-12)
  return data.map((x) => x / length)
}

const joined = (rows: ReadonlyArray<FeatureRow>, kinds: ReadonlyArray<"none" | "l2">): FeatureRow | StageError => {
  const id = rows[0]?.id ?? ""
  const other = rows.find((row) => row.id !== id)
  if (other !== undefined) {
    return new StageError({
      message: `the parts are of different images: ${JSON.stringify(id)} stands beside ${JSON.stringify(other.id)}`,
      hint: "extract all parts from the same images; one that an encoder skips is missing in its part",
    })
  }
  const data = new Float32Array(rows.reduce((width, row) => width + row.features.data.length, 0))
  let at = 0
  for (const [part, { features }] of rows.entries()) {
    data.set(kinds[part] === "l2" ? unit(features.data) : features.data, at)
    at += features.data.length
  }
  return { id, features: { shape: [data.length], data } }
}

/** How many rows a batch has, as elsewhere. */
const together = 64

/**
 * Fused features: those of several encoders side by side, `[2048]` and `[2048]`
 * making `[4096]`, as Table 3 of Cole et al. 2022 has them (there `normalise` is
 * `none`). With `l2` each part has length 1 first, so that one of larger numbers
 * does not drown the other; `normalise` of `fitProbe` then treats the whole.
 *
 * All parts are read side by side, a batch at a time, and must be of the same
 * images in the same order. Errors: fewer than two parts, other images, as many
 * kinds of `normalise` as there are no parts.
 *
 * @example
 * const fused = concat([features(imagenet), features(inat)], { normalise: "l2" })
 */
export const concat = whole("concat", {
  module: import.meta,
  params: Params,
  inputs: { features: many(Features) },
  output: Features,
  run: Effect.fnUntraced(function* ({ features }, { normalise }: Params) {
    const [first, ...rest] = features
    if (first === undefined || rest.length === 0) {
      return yield* new StageError({ message: `${features.length} parts: fusion takes two or more` })
    }
    const kinds = typeof normalise === "string" ? features.map(() => normalise) : normalise
    if (kinds.length !== features.length) {
      return yield* new StageError({
        message: `\`normalise\` says what becomes of ${kinds.length} parts, and there are ${features.length}`,
      })
    }
    const short = rest.find(({ rows }) => rows !== first.rows)
    if (short !== undefined) {
      return yield* new StageError({
        message: `the parts are of different images: one has ${first.rows} rows, another ${short.rows}`,
        hint: "extract all parts from the same images",
      })
    }
    const beside = rest.reduce<Stream.Stream<ReadonlyArray<FeatureRow>, StageError>>(
      (rows, reader) => Stream.zipWith(rows, rowsOf(reader), (row, next) => [...row, next]),
      Stream.map(rowsOf(first), (row) => [row]),
    )
    return beside.pipe(
      Stream.grouped(together),
      Stream.mapEffect(
        Effect.fnUntraced(function* (rows) {
          const made: Array<FeatureRow> = []
          for (const row of rows) {
            const one = joined(row, kinds)
            if (one instanceof StageError) return yield* one
            made.push(one)
          }
          return yield* Effect.try({
            try: () => Batch.fromRows(Features, made),
            catch: () => new StageError({ message: `the features change their width near ${made[0]?.id ?? ""}` }),
          })
        }),
      ),
    )
  }),
})
