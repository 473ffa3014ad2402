import { inputsOf, type Dag } from "../dsl/Dag.ts"
import type { RunRecord } from "../store/RunRecord.ts"
import type { Computed } from "./Executor.ts"

/** How a node stands while a run lasts. */
export type Standing = "waiting" | "running" | "executed" | "cached" | "failed" | "blocked"

interface Entry {
  standing: Standing
  started: number
  seconds: number
  executed: number
  cached: number
  rows: number
  bytes: number
  skippedRows: number
  message: string | undefined
}

/** Counts what a run does, node by node. */
export class Tally {
  readonly #entries = new Map<number, Entry>()

  /** A node's entry, made on first use. */
  of(index: number): Entry {
    const known = this.#entries.get(index)
    if (known !== undefined) return known
    const entry: Entry = {
      standing: "waiting",
      started: 0,
      seconds: 0,
      executed: 0,
      cached: 0,
      rows: 0,
      bytes: 0,
      skippedRows: 0,
      message: undefined,
    }
    this.#entries.set(index, entry)
    return entry
  }

  /** Takes note of a computed unit. */
  computed(index: number, { outputs, skippedRows }: Computed): void {
    const entry = this.of(index)
    entry.executed++
    entry.skippedRows += skippedRows
    for (const { aside, table } of outputs) {
      entry.rows += table.rows
      entry.bytes += table.bytes + (aside?.bytes ?? 0)
    }
  }

  /** All that stand on a node, near or far, with it. */
  static standingOn(dag: Dag, selected: ReadonlyArray<number>, index: number): ReadonlySet<number> {
    const found = new Set([index])
    for (const other of selected) {
      const node = dag.nodes[other]
      if (node !== undefined && inputsOf(node).some((input) => found.has(input))) found.add(other)
    }
    return found
  }

  /** The figures of the whole run. */
  summary(selected: ReadonlyArray<number>, seconds: number): RunRecord["summary"] {
    const entries = selected.map((index) => this.of(index))
    const count = (standing: Standing) => entries.filter((entry) => entry.standing === standing).length
    return {
      nodes: selected.length,
      executed: count("executed"),
      cached: count("cached"),
      failed: count("failed"),
      blocked: count("blocked"),
      shards: {
        executed: entries.reduce((sum, entry) => sum + entry.executed, 0),
        cached: entries.reduce((sum, entry) => sum + entry.cached, 0),
      },
      seconds,
    }
  }
}
