import * as Context from "effect/Context"
import * as Hash from "../hash/Hash.ts"

/** How large shards are, in rows. */
export interface ShardRule {
  readonly least: number
  readonly most: number
  /** Beyond `least`, one id in this many ends a shard. */
  readonly oneIn: number
}

/** The rule in use: shards of about 2,048 rows, of 512 at least and 4,096 at most. */
export class Rule extends Context.Reference<ShardRule>("rankshift/ShardRule", {
  defaultValue: () => ({ least: 512, most: 4096, oneIn: 1536 }),
}) {}

/** How many rows a stage sees at once. A constant, because results may depend on it in the last bits. */
export const batchRows = 64

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
      if (rows < rule.most && (rows < rule.least || Hash.small(id) % rule.oneIn !== 0)) return
      ends.push(index + 1)
      rows = 0
    })
    return ends
  }
}
