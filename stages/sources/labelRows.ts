import * as Stream from "effect/Stream"
import type { Batch } from "../../src/arrow/Table.ts"
import type { Labels } from "../tables.ts"

/** Rows of the label table as they are read, one image after another. */
export interface LabelRows {
  /** Adds an image with its classes. Returns what is wrong with it, if anything. */
  readonly add: (id: string, labels: ReadonlyArray<number>) => string | undefined
  /** How many images there are. */
  readonly size: () => number
  /** All of them by id, in the order of code units: the order in the file does not matter. */
  readonly sorted: () => Stream.Stream<Batch<typeof Labels>>
}

const rowsPerBatch = 4096

/**
 * Collects labels compactly (ids, and all classes in one list). A second row
 * for an image is refused; a class said twice of one image counts once.
 */
export const make = (): LabelRows => {
  const rows = new Map<string, number>()
  const starts: Array<number> = [0]
  const flat: Array<number> = []
  const batches = function* (): Generator<Batch<typeof Labels>> {
    const ids = [...rows.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    for (let start = 0; start < ids.length; start += rowsPerBatch) {
      const id = ids.slice(start, start + rowsPerBatch)
      const labels = id.map((name) => {
        const row = rows.get(name) ?? 0
        return Int32Array.from(flat.slice(starts[row], starts[row + 1]))
      })
      yield { id, labels }
    }
  }
  return {
    add: (id, labels) => {
      if (id === "") return "the id is empty"
      if (rows.has(id)) return `a second row for the id ${JSON.stringify(id)}`
      rows.set(id, rows.size)
      flat.push(...new Set(labels))
      starts.push(flat.length)
      return undefined
    },
    size: () => rows.size,
    sorted: () => Stream.fromIterable({ [Symbol.iterator]: batches }, { chunkSize: 1 }),
  }
}
