import { setTimeout as wait } from "node:timers/promises"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { anew, artifacts, begunUnits, leftovers, place, remove, results, start } from "./processes.ts"

it.live("two runs at once on one cache both succeed, with the same results", () =>
  Effect.gen(function* () {
    const alone = place()
    yield* Effect.promise(() => start(alone).ended)
    const wanted = results(alone)
    for (const delay of [0, 0, 40, 150, 400]) {
      const at = anew(alone)
      const first = start(at)
      if (delay > 0) yield* Effect.promise(() => first.begun)
      yield* Effect.promise(() => wait(delay))
      const second = start(at)
      for (const { ended } of [first, second]) {
        const { code, errors, output } = yield* Effect.promise(() => ended)
        expect([code, errors]).toEqual([0, ""])
        expect(output).toContain('"failed":0')
        expect(output).not.toContain("warned")
      }
      const found = results(at)
      for (const [key, result] of wanted) if (!result.startsWith("crop")) expect(found.get(key)).toBe(result)
      for (const [name, hash] of yield* artifacts(at)) expect(hash).toBe(name)
      expect(leftovers(at)).toEqual([])
      const before = begunUnits(at).length
      expect((yield* Effect.promise(() => start(at).ended)).output).toContain('"executed":0')
      expect(begunUnits(at)).toHaveLength(before)
      remove(at)
    }
    remove(alone)
  }),
)

it.live("a run is not disturbed when another one on the same cache is killed", () =>
  Effect.gen(function* () {
    const alone = place()
    yield* Effect.promise(() => start(alone).ended)
    const wanted = results(alone)
    for (const delay of [50, 200, 350]) {
      const at = anew(alone)
      const [first, second] = [start(at), start(at)]
      yield* Effect.promise(() => second.begun)
      yield* Effect.promise(() => wait(delay))
      second.child.kill("SIGKILL")
      const { code, errors } = yield* Effect.promise(() => first.ended)
      expect([code, errors]).toEqual([0, ""])
      yield* Effect.promise(() => second.ended)
      const found = results(at)
      for (const [key, result] of wanted) if (!result.startsWith("crop")) expect(found.get(key)).toBe(result)
      for (const [name, hash] of yield* artifacts(at)) expect(hash).toBe(name)
      remove(at)
    }
    remove(alone)
  }),
)
