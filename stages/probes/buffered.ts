import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import { shared } from "./shared.ts"

/** Some rows of a shard. */
export interface Piece {
  /** Places among all labelled rows, ascending. */
  readonly places: ReadonlyArray<number>
  /** The rows one behind the other. */
  readonly data: Float32Array
}

/** Rows of several pieces. */
export interface Buffer {
  /** `[rows, width]`, in shared memory. */
  readonly data: Float32Array
  /** `[rows]`, of each its place among all labelled rows. */
  readonly places: Int32Array
}

/** How pieces become buffers. */
export interface Buffering {
  /** How many of its last rows a full buffer leaves for the next one. */
  readonly keep: (rows: number) => number
  /** Rows of a full buffer. */
  readonly most: number
  readonly width: number
}

/** Rows that wait to be taken in, and those taken in so far. */
const buffers = ({ keep, most, width }: Buffering) => {
  const make = (): Buffer => ({ data: shared(most * width), places: new Int32Array(most) })
  const waiting: Array<Piece> = []
  let [filling, other]: [Buffer, Buffer | undefined] = [make(), undefined]
  let [filled, taken] = [0, 0]
  const full = (rows: number): Buffer => ({
    places: filling.places.slice(0, rows),
    data: filling.data.subarray(0, rows * width),
  })
  const flush = (): Buffer => {
    const left = keep(filled)
    const rows = filled - left
    const out = full(rows)
    const next = other ?? make()
    next.data.set(filling.data.subarray(rows * width, filled * width))
    next.places.set(filling.places.subarray(rows, filled))
    ;[filling, other, filled] = [next, filling, left]
    return out
  }
  return {
    add: (pieces: ReadonlyArray<Piece>) => void waiting.push(...pieces),
    /** The next buffer that is full; undefined where more pieces are needed. */
    next: (): Buffer | undefined => {
      for (let piece = waiting[0]; piece !== undefined; piece = waiting[0]) {
        const count = Math.min(most - filled, piece.places.length - taken)
        filling.data.set(piece.data.subarray(taken * width, (taken + count) * width), filled * width)
        filling.places.set(piece.places.slice(taken, taken + count), filled)
        filled += count
        taken += count
        if (taken === piece.places.length) {
          waiting.shift()
          taken = 0
        }
        if (filled === most && keep(filled) < filled) return flush()
      }
      return undefined
    },
    /** What is left at the end. */
    rest: (): Buffer | undefined => {
      const rows = filled
      filled = 0
      return rows === 0 ? undefined : full(rows)
    },
  }
}

/**
 * Fills buffers of `most` rows from pieces, and hands each on when it is full,
 * and what is left at the end. There are two, in turn: what is handed on stays
 * as it is until the one after it is asked for.
 */
export const buffered = <E, R>(from: Stream.Stream<Piece, E, R>, how: Buffering): Stream.Stream<Buffer, E, R> =>
  Stream.transformPull(from, (pull) =>
    Effect.sync(() => {
      const { add, next, rest } = buffers(how)
      let over = false
      return Effect.gen(function* () {
        for (;;) {
          const found = next() ?? (over ? rest() : undefined)
          if (found !== undefined) return Arr.of(found)
          if (over) return yield* Cause.done()
          const pieces = yield* Pull.catchDone(pull, () => Effect.undefined)
          if (pieces === undefined) over = true
          else add(pieces)
        }
      })
    }),
  )
