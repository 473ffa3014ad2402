import type { Json } from "effect/Schema"
import { canonical } from "../hash/canonical.ts"
import * as Hash from "../hash/Hash.ts"
import type { KeyParts } from "../store/Action.ts"

/** The parts of a key that all shards of a node share. */
export type NodeParts = Omit<KeyParts, "inputs">

/**
 * The hash of what would be computed: `hash(stage, code, packages, params,
 * environment, stamp, inputs)`. All of a node's keys share the hash of the
 * first six, so a node of many shards hashes its params once.
 *
 * @example
 * const keyOf = keys({ stage: "extract", code, packages, params, environment, stamp: "" })
 * const key = keyOf({ encoder: "x1…", pixels: "x1…" })
 */
export const keys = (parts: NodeParts): ((inputs: Readonly<Record<string, string>>) => string) => {
  const shared: Json = {
    stage: parts.stage,
    code: parts.code,
    packages: parts.packages,
    params: parts.params,
    environment: parts.environment,
    stamp: parts.stamp,
  }
  const node = Hash.ofText(canonical(shared))
  return (inputs) => Hash.ofText(canonical([node, inputs]))
}

/** One hash for the content of a table of several shards, in their order. A single shard stands for itself. */
export const ofShards = (ids: ReadonlyArray<string>): string => {
  const [first] = ids
  return ids.length === 1 && first !== undefined ? first : Hash.ofText(canonical(["shards", ...ids]))
}

/** One hash for a list of tables. Never that of one table, whatever its shards: three sets are not one set of three. */
export const ofTables = (tables: ReadonlyArray<string>): string => Hash.ofText(canonical(["tables", ...tables]))

/** What identifies a shard: its rows and, where there are any, the rows that were left out of it. */
export const ofContent = (table: string, skipped: string | undefined): string =>
  skipped === undefined ? table : Hash.ofText(canonical(["skipped", table, skipped]))

/** What identifies a shard for a stage that hands its `aside` columns on: these as well. */
export const withAside = (id: string, aside: string | undefined): string =>
  aside === undefined ? id : Hash.ofText(canonical(["aside", id, aside]))
