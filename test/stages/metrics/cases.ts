/** Predictions and labels from scores of all classes. */
import { Labels, Predictions } from "../../../stages/tables.ts"
import { readerOf } from "../../harness.ts"

export interface Case {
  /** `[images][classes]` */
  readonly scores: ReadonlyArray<ReadonlyArray<number>>
  readonly labels: ReadonlyArray<ReadonlyArray<number>>
}

const idOf = (row: number) => `image ${row}`

/** The inputs of a metric: the best `top` classes of each image, all where nothing is said, of equal ones the lower first. */
export const inputsOf = ({ labels, scores }: Case, top = Number.POSITIVE_INFINITY) => {
  const order = scores.map((row) =>
    row
      .map((_, label) => label)
      .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b)
      .slice(0, top),
  )
  const predictions = {
    id: scores.map((_, row) => idOf(row)),
    top: order.map((classes) => Int32Array.from(classes)),
    score: order.map((classes, row) => Float32Array.from(classes, (label) => scores[row]?.[label] ?? 0)),
    rank: new Int32Array(scores.length),
  }
  const rows = { id: labels.map((_, row) => idOf(row)), labels: labels.map((own) => Int32Array.from(own)) }
  return { predictions: readerOf(Predictions, predictions, 7), labels: readerOf(Labels, rows, 5) }
}
