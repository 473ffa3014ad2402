import type { SetOutcomes } from "./SetOutcomes.ts"

/**
 * The images of some sets by what happens on them: images that are in the same
 * sets, and that the same models get right, are of one pattern.
 */
export interface Patterns {
  /** How many different images there are, each counted once. */
  readonly images: number
  /** Images of each pattern, the largest first. */
  readonly sizes: Uint32Array
  /** How many columns `columns` has: for every set its models', and one more. */
  readonly width: number
  /**
   * `[patterns, width]`, 0 or 1. For each set a column a model, whether it gets
   * these images right, then one of whether the set has them.
   */
  readonly columns: Float32Array
}

/** Sorts the images of sets that may share some, by id, into patterns. */
export const patternsOf = (sets: ReadonlyArray<SetOutcomes>): Patterns => {
  const imageOf = new Map<string, number>()
  for (const { ids } of sets) for (const id of ids) if (!imageOf.has(id)) imageOf.set(id, imageOf.size)
  const images = imageOf.size
  const width = sets.reduce((total, { hits }) => total + hits.length + 1, 0)
  // An image's pattern is a word of 16 columns a letter, so that equal patterns are equal strings.
  const letters = Math.ceil(width / 16)
  const words = new Uint16Array(images * letters)
  let column = 0
  for (const { hits, ids } of sets) {
    const at = Uint32Array.from(ids, (id) => (imageOf.get(id) ?? 0) * letters)
    for (const right of [...hits, new Uint8Array(ids.length).fill(1)]) {
      const [letter, bit] = [column >>> 4, 1 << (column & 15)]
      for (let row = 0; row < at.length; row++) {
        const word = (at[row] ?? 0) + letter
        if (right[row] === 1) words[word] = (words[word] ?? 0) | bit
      }
      column++
    }
  }
  const found = new Map<string, { readonly first: number; images: number }>()
  for (let image = 0; image < images; image++) {
    let key = ""
    for (let letter = 0; letter < letters; letter++) key += String.fromCharCode(words[image * letters + letter] ?? 0)
    const pattern = found.get(key)
    if (pattern === undefined) found.set(key, { first: image, images: 1 })
    else pattern.images++
  }
  const sorted = [...found.values()].sort((a, b) => b.images - a.images || a.first - b.first)
  const columns = new Float32Array(sorted.length * width)
  for (const [pattern, { first }] of sorted.entries()) {
    for (let column = 0; column < width; column++) {
      const word = words[first * letters + (column >>> 4)] ?? 0
      columns[pattern * width + column] = (word >>> (column & 15)) & 1
    }
  }
  return { images, width, columns, sizes: Uint32Array.from(sorted, (pattern) => pattern.images) }
}
