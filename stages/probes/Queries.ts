import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Batch } from "../../src/arrow/Table.ts"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Features } from "../tables.ts"
import type { Moments } from "./normalise.ts"
import { shared } from "./shared.ts"

/** Some of the rows of features that are looked up. */
export interface Queries {
  readonly ids: ReadonlyArray<string>
  /** `[ids, width]` */
  readonly data: Float32Array
}

const widthOf = ({ features }: Batch<typeof Features>) => features.shape.reduce((product, side) => product * side, 1)

/** Features in pieces of `most` rows, checked to be numbers and of the training set's width. */
export const inPieces = (
  features: Reader<typeof Features>,
  width: number,
  most: number,
): Stream.Stream<Queries, StageError> =>
  Stream.suspend(() => {
    let ids: Array<string> = []
    let data = shared(0)
    const flush = (): Queries => {
      const piece = { ids, data: data.subarray(0, ids.length * width) }
      ids = []
      data = shared(0)
      return piece
    }
    const full = Stream.flatMap(features.batches, (batch) => {
      const given = widthOf(batch)
      if (batch.id.length > 0 && given !== width) {
        return Stream.fail(
          new StageError({
            message: `the training features are ${width} wide, and these rows have ${given}`,
            hint: "fit and predict with features of one encoder",
          }),
        )
      }
      const bad = batch.features.data.findIndex((value) => !Number.isFinite(value))
      if (bad >= 0) {
        const image = batch.id[Math.floor(bad / width)] ?? ""
        return Stream.fail(
          new StageError({
            message: `the features of the image ${image} are not all finite numbers`,
            hint: "check the encoder's preprocessing",
          }),
        )
      }
      const pieces: Array<Queries> = []
      for (let at = 0; at < batch.id.length;) {
        if (data.length === 0) data = shared(most * width)
        const count = Math.min(most - ids.length, batch.id.length - at)
        data.set(batch.features.data.subarray(at * width, (at + count) * width), ids.length * width)
        ids.push(...batch.id.slice(at, at + count))
        at += count
        if (ids.length === most) pieces.push(flush())
      }
      return Stream.fromIterable(pieces)
    })
    return Stream.concat(
      full,
      Stream.suspend(() => (ids.length === 0 ? Stream.empty : Stream.succeed(flush()))),
    )
  })

/** Means and standard deviations of features that are looked up. */
export const momentsOf = Effect.fnUntraced(function* (features: Reader<typeof Features>, width: number) {
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)]
  let first: Float32Array | undefined
  yield* Stream.runForEach(inPieces(features, width, 4096), ({ data }) =>
    Effect.sync(() => {
      // Centred on the first row, so that no digits are lost where the mean is large.
      first ??= data.slice(0, width)
      for (let at = 0; at < data.length; at++) {
        const column = at % width
        const value = (data[at] ?? 0) - (first[column] ?? 0)
        sums[column] = (sums[column] ?? 0) + value
        squares[column] = (squares[column] ?? 0) + value * value
      }
    }),
  )
  const n = Math.max(1, features.rows)
  const mean = sums.map((sum) => sum / n)
  const deviation = squares.map((square, i) => Math.sqrt(Math.max(0, square / n - (mean[i] ?? 0) ** 2)))
  const moments: Moments = { mean: mean.map((value, i) => value + (first?.[i] ?? 0)), deviation }
  return moments
})
