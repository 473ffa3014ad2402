import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SetName, setStyles } from "./sets.ts"

/** Which images a set has: the params that a set's images and labels share. */
export const Drawn = {
  set: SetName,
  /** How many images of each of the set's classes. */
  perClass: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4000 })),
  /** Another seed, another world. */
  seed: Schema.Int,
}

interface Size {
  readonly set: SetName
  readonly perClass: number
}

/** How many images a set has. */
export const rowsOf = ({ perClass, set }: Size): number => perClass * setStyles[set].classes.length

/** The id of the `index`-th image of a set. */
export const idOf = (set: SetName, index: number): string => `${set}/${String(index).padStart(5, "0")}`

/** The class that the `index`-th image of a set is of: classes come in turn, so sets are balanced. */
export const labelOf = (set: SetName, index: number): number => {
  const { classes } = setStyles[set]
  return classes[index % classes.length] ?? 0
}

const BATCH = 64

/** The indices of a set's images, batch by batch. */
export const indices = (size: Size): Stream.Stream<ReadonlyArray<number>> => {
  const rows = rowsOf(size)
  return Stream.fromIterable(
    Array.from({ length: Math.ceil(rows / BATCH) }, (_, batch) =>
      Array.from({ length: Math.min(BATCH, rows - batch * BATCH) }, (_, i) => batch * BATCH + i),
    ),
  )
}
