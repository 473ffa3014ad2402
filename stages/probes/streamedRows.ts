import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Rows } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Features } from "../tables.ts"
import { buffered, type Piece } from "./buffered.ts"
import type { FeatureRows, Segment } from "./FeatureRows.ts"
import { permutation } from "./permutation.ts"

/** A shard's labelled rows. */
export interface Part {
  readonly shard: Rows<typeof Features>
  /** The first of its rows among all labelled ones. */
  readonly start: number
  /** For each row of the shard its place among all labelled rows, -1 where it has no label. */
  readonly places: Int32Array
}

/** What is read again on each pass. */
export interface Source {
  readonly parts: ReadonlyArray<Part>
  /** `[rows]`, of all labelled rows. */
  readonly labels: Int32Array
  readonly width: number
  /** How many rows may be in memory at once. */
  readonly most: number
}

/** The wanted rows of a shard, batch by batch. */
const pieces = ({ places, shard }: Part, width: number, wanted: (place: number) => boolean) => {
  let row = 0
  return Stream.map(shard.batches, ({ features: { data }, id }): Piece => {
    const own = places.subarray(row, row + id.length)
    row += id.length
    const isWanted = (place: number) => place >= 0 && wanted(place)
    if (own.every(isWanted)) return { places: [...own], data }
    const chosen = [...own.keys()].filter((at) => isWanted(own[at] ?? -1))
    const some = new Float32Array(chosen.length * width)
    for (const [to, at] of chosen.entries()) some.set(data.subarray(at * width, (at + 1) * width), to * width)
    return { places: chosen.map((at) => own[at] ?? 0), data: some }
  })
}

const labelsOf = (labels: Int32Array, places: Int32Array) => places.map((place) => labels[place] ?? 0)

/**
 * Rows that are read from their shards on each pass: all labelled ones, or those
 * at the places that `index` lists, ascending.
 */
export const streamedRows = (source: Source, index?: Int32Array): FeatureRows => {
  const { labels, most, parts, width } = source
  const total = labels.length
  const rows = index?.length ?? total
  /** A place's number among the chosen rows. */
  const numbers = new Int32Array(index === undefined ? 0 : total).fill(-1)
  for (const [number, place] of index?.entries() ?? []) numbers[place] = number
  const wanted = (place: number) => index === undefined || (numbers[place] ?? -1) >= 0
  const tensor = (data: Float32Array) => Tensor.float32([data.length / width, width], data)
  return {
    rows,
    width,
    type: "float32",
    resident: undefined,
    blocks: (size) => {
      const all = Stream.flatMap(Stream.fromIterable(parts), (part) => pieces(part, width, wanted))
      return buffered(all, { most: Math.min(size, rows), width, keep: () => 0 }).pipe(
        Stream.mapAccum(
          () => 0,
          (start, { data, places }) => [start + places.length, [{ start, block: tensor(data) }]] as const,
        ),
      )
    },
    epoch: ({ batch, epoch, seed }) => {
      const order = permutation(parts.length, seed, epoch)
      const shuffled = Array.from(order, (at) => parts[at]).filter((part) => part !== undefined)
      const all = Stream.flatMap(Stream.fromIterable(shuffled), (part) => pieces(part, width, wanted))
      const size = Math.min(rows, Math.max(batch, most))
      return buffered(all, { most: size, width, keep: (filled) => filled % batch }).pipe(
        Stream.mapAccum(
          () => 0,
          (segment, { data, places }) => {
            const made: Segment = {
              features: tensor(data),
              labels: labelsOf(labels, places),
              // Each stretch of each epoch has an order of its own.
              order: permutation(places.length, seed, epoch * 1_000_003 + segment + 1),
            }
            return [segment + 1, [made]] as const
          },
        ),
      )
    },
    select: (chosen) => streamedRows(source, index === undefined ? chosen : chosen.map((row) => index[row] ?? 0)),
    copy: Effect.fnUntraced(function* (chosen) {
      const found = yield* Effect.try({
        try: () => new Float32Array(chosen.length * width),
        catch: (cause) =>
          new StageError({ message: `${chosen.length} x ${width} features do not fit into memory`, cause }),
      })
      const at = new Map(Array.from(chosen, (row, i) => [index === undefined ? row : (index[row] ?? 0), i] as const))
      yield* Stream.runForEach(
        Stream.flatMap(Stream.fromIterable(parts), (part) => pieces(part, width, (place) => at.has(place))),
        ({ data, places }) =>
          Effect.sync(() => {
            for (const [i, place] of places.entries()) {
              found.set(data.subarray(i * width, (i + 1) * width), (at.get(place) ?? 0) * width)
            }
          }),
      )
      return found
    }),
  }
}
