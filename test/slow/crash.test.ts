import { setTimeout as wait } from "node:timers/promises"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Store } from "../../src/store/Store.ts"
import { Numbers } from "../run/toys.ts"
import {
  actions,
  anew,
  artifacts,
  begunUnits,
  leftovers,
  type Place,
  place,
  remove,
  results,
  start,
} from "./processes.ts"

const kills = 50

/** Numbers between 0 and 1, the same in every run of the test. */
const seeded = (seed: number) => () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff

const Names = Schema.Struct({ model: Schema.optionalKey(Schema.String), of: Schema.optionalKey(Schema.String) })

/** What units of work are called in the log, by the key of what they recorded. Pixels are not in the log. */
const unitsByKey = Effect.fnUntraced(function* (of: Place) {
  const store = yield* Store
  const units = new Map<string, string>()
  for (const { key, outputs, parts } of actions(of).values()) {
    const { model, of } = Schema.decodeUnknownSync(Names)(parts.params)
    const [output] = outputs
    if (model !== undefined && output !== undefined) {
      const [batch] = yield* Stream.runCollect(Stream.take(store.read(Numbers, output), 1))
      units.set(key, `${model} ${batch?.id[0]}`)
    } else if (parts.stage !== "crop") units.set(key, `${of === undefined ? parts.stage : `total-${of}`} whole`)
  }
  return units
})

it.live("a process killed at any instant loses nothing that it had recorded, and leaves nothing half done", () =>
  Effect.gen(function* () {
    const random = seeded(20)
    const calm = place()
    const undisturbed = yield* Effect.promise(() => start(calm).ended)
    expect(undisturbed.errors).toBe("")
    expect(undisturbed.code).toBe(0)
    const wanted = results(calm)
    const units = yield* Effect.provide(unitsByKey(calm), Store.layer(calm.cache))
    for (const unit of units.values()) expect(begunUnits(calm)).toContain(unit)
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
        const { code, errors, output, signal } = yield* Effect.promise(() => ended)
        if (signal === "SIGKILL") killed++
        else expect([code, errors]).toEqual([0, ""])
        const log = begunUnits(at).slice(before)
        for (const unit of done) expect(log, `${unit} was recorded before\n${output}`).not.toContain(unit)
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
