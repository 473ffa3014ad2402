import { bootstrapInterval, twoSided, wilson } from "./proportion.ts"

/** An accuracy (0..1) of a model on a set, and the number of images it is over. */
export interface CellAccuracy {
  readonly model: string
  readonly set: string
  readonly accuracy: number
  readonly images: number
}

/** Rows of `Intervals` of each accuracy: Wilson's interval, then the bootstrap's. */
export const intervalRows = (cells: ReadonlyArray<CellAccuracy>, level: number) => {
  const z = twoSided(level)
  const rows = cells.flatMap((cell) => [
    { ...cell, method: "wilson", ...wilson(cell.accuracy, cell.images, z) },
    { ...cell, method: "bootstrap", ...bootstrapInterval(cell.accuracy, cell.images, level) },
  ])
  return {
    model: rows.map(({ model }) => model),
    set: rows.map(({ set }) => set),
    method: rows.map(({ method }) => method),
    value: Float64Array.from(rows, ({ accuracy }) => accuracy),
    low: Float64Array.from(rows, ({ low }) => low),
    high: Float64Array.from(rows, ({ high }) => high),
    level: new Float64Array(rows.length).fill(level),
    images: Int32Array.from(rows, ({ images }) => images),
  }
}
