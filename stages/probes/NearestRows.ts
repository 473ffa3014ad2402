/** The nearest training rows of some queries, nearest first; of equally near ones the lower row goes first. */
export interface NearestRows {
  /** `[queries, depth]`: places among the labelled training rows; -1 where fewer were compared. */
  readonly rows: Int32Array
  /** `[queries, depth]`: how near they are; -Infinity where fewer were compared. */
  readonly similarity: Float32Array
}

/** Those of queries that were compared with nothing yet; `length` is queries · depth. */
export const none = (length: number): NearestRows => ({
  rows: new Int32Array(length).fill(-1),
  similarity: new Float32Array(length).fill(-Infinity),
})

/** The `depth` nearest of each query among those found in some of the rows and in others. */
export const combined = (some: NearestRows, others: NearestRows, depth: number): NearestRows => {
  const both = none(some.rows.length)
  for (let start = 0; start < both.rows.length; start += depth) {
    for (let at = start, mine = start, theirs = start; at < start + depth; at++) {
      const near = some.similarity[mine] ?? -Infinity
      const other = others.similarity[theirs] ?? -Infinity
      const row = some.rows[mine] ?? -1
      const otherRow = others.rows[theirs] ?? -1
      const first = near > other || (near === other && row < otherRow)
      both.rows[at] = first ? row : otherRow
      both.similarity[at] = first ? near : other
      if (first) mine++
      else theirs++
    }
  }
  return both
}
