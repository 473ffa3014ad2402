import { setTimeout as wait } from "node:timers/promises"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { actions, anew, artifacts, begunUnits, leftovers, place, remove, results, start } from "./processes.ts"

const kills = 50

/** Numbers between 0 and 1, the same in every run of the test. */
const seeded = (seed: number) => () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff

/** The names that units of work have in the log, by the key of what they recorded. */
const unitsByKey = (log: ReadonlyArray<string>, recorded: ReturnType<typeof actions>) => {
  const units = new Map<string, string>()
  const begun = new Map<string, ReadonlyArray<string>>()
  for (const line of log) begun.set(line.split(" ")[0] ?? "", [...(begun.get(line.split(" ")[0] ?? "") ?? []), line])
  for (const { key, node, parts, shard } of recorded.values()) {
    const { model, of } = { model: undefined, of: undefined, ...(parts.params as object) }
    const name = model ?? (of === undefined ? parts.stage : `total-${String(of)}`)
    const lines = [...(begun.get(String(name)) ?? [])].sort(
      (a, b) => Number(a.split(" r")[1] ?? 0) - Number(b.split(" r")[1] ?? 0),
    )
    const line = lines[Math.max(0, shard)]
    if (line !== undefined) units.set(key, line)
    else if (parts.stage !== "crop") throw new Error(`nothing in the log for ${node}, shard ${shard}`)
  }
  return units
}

it.live("a process killed at any instant loses nothing that it had recorded, and leaves nothing half done", () =>
  Effect.gen(function* () {
    const random = seeded(20)
    const calm = place()
    const undisturbed = yield* Effect.promise(() => start(calm).ended)
    expect(undisturbed.errors).toBe("")
    expect(undisturbed.code).toBe(0)
    const wanted = results(calm)
    const units = unitsByKey(begunUnits(calm), actions(calm))
    expect(begunUnits(calm).length).toBeGreaterThan(40)
    const length = undisturbed.lasted ?? 1000

    let killed = 0
    let rounds = 0
    let resumed = 0
    while (killed < kills) {
      rounds++
      const at = anew(calm)
      for (;;) {
        const done = new Set([...actions(at).keys()].flatMap((key) => units.get(key) ?? []))
        const before = begunUnits(at).length
        const { begun, child, ended } = start(at)
        // Mostly while it works, now and then while it starts.
        if (killed < kills) {
          if (random() < 0.9) yield* Effect.promise(() => begun)
          yield* Effect.promise(() => wait(random() * length * 0.3))
          child.kill("SIGKILL")
        }
        const { code, errors, signal } = yield* Effect.promise(() => ended)
        if (signal === "SIGKILL") killed++
        else expect([code, errors]).toEqual([0, ""])
        const log = begunUnits(at).slice(before)
        for (const unit of done) expect(log).not.toContain(unit)
        resumed += done.size
        for (const [name, hash] of yield* artifacts(at)) expect(hash).toBe(name)
        for (const [key, result] of results(at)) {
          // Which pixels are kept may differ from run to run: the budget is small.
          if (wanted.has(key) || !result.startsWith("crop")) expect(result).toBe(wanted.get(key))
        }
        if (signal !== "SIGKILL") break
      }
      const found = results(at)
      for (const [key, result] of wanted) {
        if (!result.startsWith("crop")) expect(found.get(key)).toBe(result)
      }
      expect(leftovers(at)).toEqual([])
      remove(at)
    }
    remove(calm)
    console.log(`killed ${killed} times in ${rounds} runs; ${resumed} units were found done`)
    expect(killed).toBe(kills)
    expect(resumed).toBeGreaterThan(100)
  }),
)

it.live("an interrupted process ends within 5 s, and leaves nothing half done", () =>
  Effect.gen(function* () {
    const random = seeded(21)
    const at = place()
    for (let i = 0; i < 5; i++) {
      const { begun, child, ended } = start(at)
      yield* Effect.promise(() => begun)
      yield* Effect.promise(() => wait(random() * 200))
      const sent = performance.now()
      child.kill("SIGINT")
      const { code } = yield* Effect.promise(() => ended)
      expect(performance.now() - sent).toBeLessThan(5000)
      expect([0, 130]).toContain(code)
      for (const [name, hash] of yield* artifacts(at)) expect(hash).toBe(name)
      expect(leftovers(at)).toEqual([])
    }
    const last = yield* Effect.promise(() => start(at).ended)
    expect(last.code).toBe(0)
    remove(at)
  }),
)
