import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Table } from "../../src/arrow/Table.ts"
import type { Batch } from "../../src/arrow/Table.ts"
import { folder, inMemory, nodesOf, pipeline, runAll, summaryOf, write } from "./engine.ts"
import * as memoryStore from "./memoryStore.ts"
import * as model from "./model.ts"
import * as random from "./random.ts"
import * as toys from "./toys.ts"

/** The outputs of a run's units as the store names them: `undefined` where a unit was not written. */
const outputsOf = (held: memoryStore.Contents) =>
  new Map(
    Object.entries(held.runs[0]?.nodes ?? {}).flatMap(([name, { keys, stage }]) =>
      keys.map((key, unit) => {
        const outputs = held.actions.get(key)?.outputs.map(({ skipped, table }) => [table.hash, skipped?.hash])
        return [`${name} ${unit}`, { outputs, always: !/-(budget|never)$/.test(stage) }] as const
      }),
    ),
  )

/** What is in an artifact, as the model writes it. */
const contentOf = (batches: ReadonlyArray<Batch<Table>>) => {
  const [first] = batches
  const list = (batch: Batch<Table>, name: string) => [...((batch[name] ?? []) as ReadonlyArray<string | number>)]
  if (first !== undefined && !("id" in first)) return model.sumContent(Number(list(first, "value")[0]))
  if (first !== undefined && "reason" in first) {
    const rows = batches.flatMap((batch) =>
      list(batch, "id").map((id, i) => [id, list(batch, "stage")[i], list(batch, "reason")[i]].map(String)),
    )
    return model.skipsContent(rows as Array<[string, string, string]>)
  }
  return model.rowsContent(
    batches.map((batch) => list(batch, "id").map((id, i) => [String(id), Number(list(batch, "value")[i])] as const)),
  )
}

interface Bench {
  readonly dir: string
  readonly calls: Array<toys.Call>
  readonly stages: (version: string) => toys.Toys
  readonly held: memoryStore.Contents
  readonly store: model.ModelStore
  readonly stamps: Array<number>
}

const bench = Effect.map(folder, (dir): Bench => {
  const calls: Array<toys.Call> = []
  const versions = new Map<string, toys.Toys>()
  const stages = (version: string) => {
    const made = versions.get(version) ?? toys.make(calls, version)
    versions.set(version, made)
    return made
  }
  const store = { actions: new Map(), artifacts: new Set<string>() }
  return { dir, calls, stages, held: memoryStore.contents(), store, stamps: [0, 0, 0] }
})

const counted = (list: ReadonlyArray<string>) => [...list].sort()

/**
 * Runs a world as it is now; checks what it executed against the model and what
 * came out against a clean run. Gives whether the model can say how it goes on.
 */
const check = Effect.fnUntraced(function* (at: Bench, world: random.World) {
  const wired = model.wire(world.specs)
  const fileOf = (file: number) => join(at.dir, `${file}.txt`)
  const nodes = random.build(wired, fileOf, at.stages)
  const used = new Set(wired.flatMap(({ many, over, side }) => [over, side, ...many]))
  const targets = [...wired.keys()].filter((index) => !used.has(index))
  const of = pipeline(
    Object.fromEntries(
      targets.flatMap((index) => {
        const node = nodes[index]
        return node === undefined ? [] : [[`t${index}`, node]]
      }),
    ),
  )
  const files = world.files.map((rows, file) => ({ rows, stamp: at.stamps[file] ?? 0 }))
  const expected = model.run(wired, files, targets, at.store)
  if (expected.either) return false

  at.calls.length = 0
  const events = yield* runAll(of).pipe(Effect.provide(inMemory(at.held)))
  const made = at.calls.map(({ node, what }) => `${node} ${what}`)
  expect(counted(made.filter((call) => !expected.streamed.has(call)))).toEqual(counted(expected.exact))
  expect(new Set(made.filter((call) => expected.streamed.has(call)))).toEqual(expected.streamed)
  const summary = summaryOf(events)
  expect(summary.failed + summary.blocked).toBe(0)
  expect(summary.executed + summary.cached).toBe(summary.nodes)
  // Of nodes that do the same either may be the one that does it.
  if (world.names === Infinity) expect(new Set(nodesOf(events, "started")).size).toBe(expected.executed.size)

  at.calls.length = 0
  const again = yield* runAll(of).pipe(Effect.provide(inMemory(at.held)))
  expect(at.calls).toEqual([])
  expect(summaryOf(again)).toMatchObject({ executed: 0, cached: summary.nodes })

  const clean = memoryStore.contents()
  // In another order and with no room for what need not be written.
  yield* runAll(of, { jobs: 1, pixelBudget: 0 }).pipe(Effect.provide(inMemory(clean)))
  const mine = outputsOf(at.held)
  for (const [unit, { always, outputs }] of outputsOf(clean)) {
    const own = mine.get(unit)?.outputs
    if (always || (own !== undefined && outputs !== undefined)) expect(own).toEqual(outputs)
  }
  return true
})

const saveFiles = (at: Bench, before: random.World | undefined, world: random.World, touched: number | undefined) => {
  world.files.forEach((rows, file) => {
    if (rows === before?.files[file] && file !== touched) return
    at.stamps[file] = (at.stamps[file] ?? 0) + 1
    write(join(at.dir, `${file}.txt`), rows)
  })
}

/** Deletes an artifact that one action alone gave: which of two that gave the same mends it is left open. */
const deleteOne = (at: Bench, pick: number) => {
  const uses = new Map<string, number>()
  for (const { outputs } of at.held.actions.values()) {
    const hashes = outputs.flatMap(({ skipped, table }) => [
      table.hash,
      ...(skipped === undefined ? [] : [skipped.hash]),
    ])
    for (const hash of hashes) uses.set(hash, (uses.get(hash) ?? 0) + 1)
  }
  const hashes = [...at.held.artifacts.keys()].filter((hash) => uses.get(hash) === 1).sort()
  const hash = hashes[pick % Math.max(1, hashes.length)]
  const batches = at.held.artifacts.get(hash ?? "")
  if (hash === undefined || batches === undefined) return
  at.held.artifacts.delete(hash)
  at.store.artifacts.delete(contentOf(batches))
}

const property = (names: number, drafts: ReadonlyArray<random.Draft>, changes: ReadonlyArray<random.Change>) =>
  Effect.gen(function* () {
    const at = yield* bench
    let world = random.start(drafts, names)
    saveFiles(at, undefined, world, undefined)
    let goesOn = yield* check(at, world)
    for (const change of changes) {
      if (!goesOn) return
      const next = random.change(world, change)
      saveFiles(at, world, next, change.what === "touch" ? change.at % 3 : undefined)
      if (change.what === "delete") deleteOne(at, change.at)
      world = next
      goesOn = yield* check(at, world)
    }
  }).pipe(Effect.scoped)

it.live.prop(
  "after any changes, a run computes what the model says and no more, and gives what a clean run gives",
  { drafts: random.drafts(12), changes: random.changes(6) },
  ({ changes, drafts }) => property(Infinity, drafts, changes),
  { timeout: 120_000, arbitrary: { runs: 60, maxShrinks: 200 } },
)

it.live.prop(
  "the same where many nodes do the same: each key is computed once",
  { drafts: random.drafts(12), changes: random.changes(4) },
  // Equal nodes are one, so that of two only one can be written by hand.
  ({ changes, drafts }) =>
    property(
      2,
      drafts,
      changes.filter(({ what }) => what !== "persist"),
    ),
  { timeout: 120_000, arbitrary: { runs: 40, maxShrinks: 200 } },
)
