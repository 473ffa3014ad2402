import * as Context from "effect/Context"
import * as Hash from "../hash/Hash.ts"

/** How large shards are, in rows. */
export interface ShardRule {
  readonly least: number
  readonly most: number
  /** Beyond `least`, one id in this many ends a shard. */
  readonly oneIn: number
  /**
   * From so many rows on it is one id in fewer, the most rows first. So long shards,
   * too, end where an id says so: a border that `most` draws moves with every row
   * that is added before it, and so may those behind it.
   */
  readonly longer?: ReadonlyArray<{ readonly from: number; readonly oneIn: number }>
}

/**
 * Shards of about 1,600 rows, of 512 at least and 4,096 at most. What ends a shorter
 * shard ends a longer one as well (24 divides 384, and that 1,536), so that borders
 * soon meet again where rows were added.
 */
export const usual: ShardRule = {
  least: 512,
  most: 4096,
  oneIn: 1536,
  longer: [
    { from: 3072, oneIn: 24 },
    { from: 2048, oneIn: 384 },
  ],
}

/** The rule in use. */
export class Rule extends Context.Reference<ShardRule>("rankshift/ShardRule", { defaultValue: () => usual }) {}

/** How many rows a stage sees at once. A constant, because results may depend on it in the last bits. */
export const batchRows = 64

const oneInOf = ({ longer = [], most, oneIn }: ShardRule, rows: number): number =>
  rows >= most ? 1 : (longer.find(({ from }) => rows >= from)?.oneIn ?? oneIn)

/**
 * Cuts rows into shards where their ids say so, so that a row added or removed
 * moves the borders near it and no others. Gives, for the ids of each batch in
 * turn, the positions after which a shard ends.
 */
export const cutter = (rule: ShardRule): ((ids: ReadonlyArray<string>) => ReadonlyArray<number>) => {
  let rows = 0
  return (ids) => {
    const ends: Array<number> = []
    ids.forEach((id, index) => {
      rows++
      if (rows < rule.least || Hash.small(id) % oneInOf(rule, rows) !== 0) return
      ends.push(index + 1)
      rows = 0
    })
    return ends
  }
}
