import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Reader } from "../src/dsl/Stage.ts"
import { StageError } from "../src/dsl/StageError.ts"
import type { Labels } from "./tables.ts"

/** The labels of a set by id, all classes in one list: some hundred bytes an image. */
export interface LabelIndex {
  readonly rows: number
  /** The row of an image, `undefined` where there is none. */
  readonly rowOf: (id: string) => number | undefined
  /** The classes of the image in a row, empty where it has none. */
  readonly labelsAt: (row: number) => ReadonlyArray<number>
}

/** Reads the labels of a set, batch by batch. Two rows with one id are an error. */
export const make = Effect.fnUntraced(function* (
  labels: Reader<typeof Labels>,
): Effect.fn.Return<LabelIndex, StageError> {
  const rows = new Map<string, number>()
  const starts: Array<number> = [0]
  const flat: Array<number> = []
  yield* Stream.runForEach(labels.batches, (batch) =>
    Effect.gen(function* () {
      for (const [index, id] of batch.id.entries()) {
        if (rows.has(id))
          return yield* new StageError({ message: `two rows of labels have the id ${JSON.stringify(id)}` })
        rows.set(id, rows.size)
        for (const label of batch.labels[index] ?? []) flat.push(label)
        starts.push(flat.length)
      }
    }),
  )
  return {
    rows: rows.size,
    rowOf: (id) => rows.get(id),
    labelsAt: (row) => flat.slice(starts[row], starts[row + 1]),
  }
})
