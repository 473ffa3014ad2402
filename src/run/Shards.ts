import * as Context from "effect/Context"
import * as Hash from "../hash/Hash.ts"

/** How large shards are, in rows. */
export interface ShardRule {
  /** Rows between two ends of shards, at least: a shard has more rows than this, and about twice as many on average. */
  readonly least: number
}

/** Shards of about 1,000 rows: of 513 at least, and hardly ever of more than 4,096. */
export const usual: ShardRule = { least: 512 }

/** The rule in use. */
export class Rule extends Context.Reference<ShardRule>("rankshift/ShardRule", { defaultValue: () => usual }) {}

/** How many rows a stage sees at once. A constant, because results may depend on it in the last bits. */
export const batchRows = 64

/**
 * Cuts rows into shards where their ids say so. A shard ends with the row whose
 * id has the largest hash of the `least` rows before it and the `least` rows
 * after it, of all of which there have to be as many. What ends a shard depends
 * on nothing else, so that wherever a row is added two shards change at most:
 *
 * - If the new row ends a shard, it takes the place of the ends within reach of
 *   it, one on either side at most, as two ends are never within reach of each other.
 * - If not, it may hide one end behind its own hash: two would have to be on
 *   either side of it, and then nothing within reach were larger than it.
 * - Or it may move two rows out of each other's reach, so that the smaller now
 *   ends a shard. Of two such rows the larger would have been larger than what
 *   hid it. And a row that was hidden is larger than one that the new row hides.
 *
 * After local maximum chunking (Bjørner, Blass and Gurevich 2010, Content-dependent
 * chunking for differential compression, the local maximum approach).
 *
 * Gives, for the ids of each batch in turn, after how many rows of the table
 * shards end; this is known `least` rows later.
 */
export const cutter = ({ least }: ShardRule): ((ids: ReadonlyArray<string>) => ReadonlyArray<number>) => {
  /** Rows within `2 * least` of the last one that no later row is larger than, the largest first. */
  const open: Array<{ readonly at: number; readonly hash: number }> = []
  let rows = 0
  return (ids) => {
    const ends: Array<number> = []
    for (const id of ids) {
      const at = rows++
      const hash = Hash.small(id)
      while ((open.at(-1)?.hash ?? hash) < hash) open.pop()
      open.push({ at, hash })
      if ((open[0]?.at ?? at) < at - 2 * least) open.shift()
      if (at >= 2 * least && open[0]?.at === at - least) ends.push(at - least + 1)
    }
    return ends
  }
}
