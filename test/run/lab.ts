/** A folder of input files, toy stages that write down their calls, and a store in memory to run them over. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Node } from "../../src/dsl/Node.ts"
import { explain } from "../../src/plan/Explain.ts"
import { type Choice, plan } from "../../src/plan/Plan.ts"
import type { RunOptions } from "../../src/run/Run.ts"
import { folder, inMemory, pipeline, runAll, write } from "./engine.ts"
import * as memoryStore from "./memoryStore.ts"
import * as toys from "./toys.ts"

export type Targets = Readonly<Record<string, Node>>

/** Rows `r0 … rn` with the values 0 … n. */
export const upTo = (rows: number): ReadonlyArray<readonly [id: string, value: number]> =>
  Array.from({ length: rows }, (_, i) => [`r${i}`, i])

export const lab = Effect.map(folder, (dir) => {
  const calls: Array<toys.Call> = []
  const held = memoryStore.contents()
  const fileOf = (name: string) => join(dir, name)
  const stages = toys.make(calls)
  const engine = inMemory(held)
  return {
    dir,
    held,
    stages,
    engine,
    /** A later version of the stages' code. */
    version: (version: string) => toys.make(calls, version),
    fileOf,
    write: (name: string, rows: Iterable<readonly [string, number]>) => write(fileOf(name), rows),
    source: (name: string) => stages.source({ as: name, file: fileOf(name) }),
    run: (targets: Targets, given?: Partial<RunOptions>) => Effect.provide(runAll(pipeline(targets), given), engine),
    plan: (targets: Targets, choice?: Choice) => Effect.provide(plan(pipeline(targets), choice), engine),
    explain: (targets: Targets, node: string) => Effect.provide(explain(pipeline(targets), node), engine),
    /** Calls since the last time, as `node what`. */
    called: () => calls.splice(0).map(({ node, what }) => `${node} ${what}`),
    /** What the last run's node gave: the artifacts' hashes, shard by shard. */
    outputs: (node: string) =>
      (held.runs[0]?.nodes[node]?.keys ?? []).flatMap((key) => held.actions.get(key)?.outputs ?? []),
    /** The rows of an artifact. */
    rows: (hash: string | undefined) => {
      const lists = (held.artifacts.get(hash ?? "") ?? []).map((batch) => columns(batch))
      return lists.flat()
    },
  }
})

export type Lab = Effect.Success<typeof lab>

const columns = (batch: Readonly<Record<string, unknown>>) => {
  const entries = Object.entries(batch).map(
    ([name, values]) => [name, [...(values as ReadonlyArray<unknown>)]] as const,
  )
  const rows = entries[0]?.[1].length ?? 0
  return Array.from({ length: rows }, (_, i) => Object.fromEntries(entries.map(([name, values]) => [name, values[i]])))
}

/** States of a plan by node. */
export const statesOf = (planned: {
  readonly nodes: ReadonlyArray<{ readonly name: string; readonly state: unknown }>
}) => Object.fromEntries(planned.nodes.map(({ name, state }) => [name, state]))
