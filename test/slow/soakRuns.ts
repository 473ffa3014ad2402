/** Runs of the soak: of all or a part, alone or several at once, killed or interrupted. */
import { setTimeout as wait } from "node:timers/promises"
import { expect } from "vitest"
import { type Act, type Desk, hour } from "./soakDesk.ts"

const targets = ["table", "plain", "one", "two", "kept", "scored", "scale*", "shift*"]
const nodes = ["files*", "read*", "parse*", "scale*", "shift*", "keep*", "total*", "score*", "board*", "labelsCsv*"]

/** All kinds of runs. */
export const runs = (desk: Desk): ReadonlyArray<Act> => {
  const { anyTime, call, count, forget, good, pick, random, rowsOf, settle, sometimes, state, worker, world } = desk
  const end = async (
    signal: "SIGKILL" | "SIGINT" | "SIGTERM" | "SIGHUP",
    args: ReadonlyArray<string>,
    after: number,
  ) => {
    const one = worker()
    const running = one.call([...args, "--cache", state.cache])
    await wait(after)
    one.child.kill(signal)
    const told = performance.now()
    const ended = await one.ended
    await running
    forget()
    if (signal === "SIGKILL") {
      count.killed++
      return
    }
    count.interrupted++
    expect(performance.now() - told).toBeLessThan(5000)
    const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
    // It may have been about to start, and to know nothing of signals yet.
    if (ended.signal !== signal) expect([ended.code, ended.err]).toEqual([codes[signal], expect.any(String)])
  }
  const forced = () => ["run", "--json", ...(random.chance(0.5) ? ["--force", pick(nodes)] : []), ...sometimes()]

  return [
    { name: "run", weight: 24, act: async () => (await settle(), "") },
    {
      name: "run a target",
      weight: 5,
      act: async () => {
        const target = pick(targets)
        await good(["run", "--json", target, ...sometimes()], anyTime())
        return target
      },
    },
    {
      name: "force",
      weight: 4,
      act: async () => {
        const pattern = pick(nodes)
        await good(["run", "--json", "--force", pattern, ...sometimes()], anyTime())
        expect(await rowsOf("table")).toEqual(world.table())
        state.settled = true
        return pattern
      },
    },
    {
      name: "kill a run",
      weight: 6,
      act: async () => {
        const after = random.below(400)
        await end("SIGKILL", forced(), after)
        return `after ${after} ms`
      },
    },
    {
      name: "interrupt a run",
      weight: 4,
      act: async () => {
        const after = random.below(400)
        const signal = pick(["SIGINT", "SIGTERM", "SIGHUP"] as const)
        await end(signal, forced(), after)
        return `${signal} after ${after} ms`
      },
    },
    {
      name: "kill something else",
      weight: 2,
      act: async () => {
        const [args, after] = [pick([["verify", "--repair"], ["gc", "--max-size", "0"], ["status"]]), random.below(200)]
        await end("SIGKILL", args, after)
        return `${args.join(" ")} after ${after} ms`
      },
    },
    {
      name: "run at once",
      weight: 6,
      act: async () => {
        const also = [["verify"], ["gc", "--keep-runs", "0"], ["gc", "--max-size", "0"], forced(), forced()]
        const all = [forced(), forced(), ...(random.chance(0.4) ? [pick(also)] : [])]
        const killed = random.chance(0.2)
        const answers = all.map((args, n) => call(args, args[0] === "gc" ? hour : 0, n))
        const last = Promise.allSettled(answers)
        if (killed) {
          await wait(random.below(300))
          worker().child.kill("SIGKILL")
        }
        const ended = await last
        if (killed) {
          forget()
          count.killed++
        }
        for (const [n, one] of ended.entries()) {
          if (killed && n === 0) continue
          if (one.status === "rejected") throw one.reason
          const args = all[n]?.join(" ") ?? ""
          if (state.dirty && args === "verify") continue
          expect([args, one.value.code, one.value.err, one.value.out]).toEqual([
            args,
            0,
            expect.any(String),
            one.value.out,
          ])
        }
        return all.map((args) => args.join(" ")).join(" | ")
      },
    },
  ]
}
