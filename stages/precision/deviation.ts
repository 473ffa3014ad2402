/** How far features are from others of the same images. */

/** Features, a row an image, one after another. */
export interface Rows {
  readonly rows: number
  readonly data: Float32Array
}

/** How much two sets of features differ. */
export interface Deviation {
  /** The cosine similarity of an image's features, on average over the images. */
  readonly meanCosine: number
  readonly leastCosine: number
  /** The largest difference of a feature, relative to the largest feature of its image. */
  readonly deviation: number
}

interface Row {
  readonly cosine: number
  readonly deviation: number
}

const compareRow = (a: Float32Array, b: Float32Array): Row => {
  let [product, squaresA, squaresB, furthest, largest] = [0, 0, 0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0]
    product += x * y
    squaresA += x * x
    squaresB += y * y
    furthest = Math.max(furthest, Math.abs(x - y))
    largest = Math.max(largest, Math.abs(x))
  }
  // Features that are all 0 point nowhere: they are the same as others that are all 0.
  const size = Math.sqrt(squaresA * squaresB)
  const cosine = size > 0 ? Math.min(1, product / size) : squaresA === squaresB ? 1 : 0
  return { cosine, deviation: furthest === 0 ? 0 : furthest / largest }
}

/** Compares features with those that they should be, image by image. */
export const deviation = (right: Rows, found: Rows): Deviation => {
  const width = right.data.length / right.rows
  const rows = Array.from({ length: right.rows }, (_, row) =>
    compareRow(
      right.data.subarray(row * width, (row + 1) * width),
      found.data.subarray(row * width, (row + 1) * width),
    ),
  )
  return {
    meanCosine: rows.reduce((sum, { cosine }) => sum + cosine, 0) / rows.length,
    leastCosine: Math.min(...rows.map(({ cosine }) => cosine)),
    deviation: Math.max(...rows.map(({ deviation }) => deviation)),
  }
}
