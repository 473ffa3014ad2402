/** What a user does to the project of the soak: params, code, data, labels. */
import { symlinkSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import { expect } from "vitest"
import type { Act, Desk } from "./soakDesk.ts"
import { edited, without } from "./soakWorld.ts"

/** All edits. */
export const edits = (desk: Desk): ReadonlyArray<Act> => {
  const { call, changed, count, eventsOf, pick, random, restart, sometimes, state, worker, world } = desk
  const inProject: ReadonlyArray<Act> = [
    {
      name: "edit a param",
      weight: 5,
      act: () => {
        const param = pick(["by", "first", "second", "div"] as const)
        // Few values, so that former ones come back.
        world.write({ ...world.params, [param]: 2 + random.below(4) })
        changed()
        return `${param} ${world.params[param]}`
      },
    },
    {
      name: "edit code",
      weight: 3,
      act: () => {
        const stage = pick(edited)
        const constant = 1 + random.below(3)
        world.editCode(stage, constant)
        restart()
        changed()
        return `${stage} ${constant}`
      },
    },
    {
      name: "edit a helper",
      weight: 1,
      act: () => {
        const modulus = pick([1_000_003, 999_983])
        world.editHelper(modulus)
        restart()
        changed()
        return String(modulus)
      },
    },
    {
      name: "comment code",
      weight: 1,
      act: () => {
        const stage = pick(edited)
        world.comment(stage, `${random.below(1000)}`)
        restart()
        return stage
      },
    },
  ]

  const anyName = () => `${random.below(4)}/${String(random.below(60)).padStart(3, "0")}.txt`
  const anyContent = () => (random.chance(0.1) ? "no number" : String(random.below(1000)))
  const editData = () => {
    const what = pick(["add", "add", "remove", "replace", "replace", "touch", "rename", "swap"] as const)
    const name = pick(world.names())
    switch (what) {
      case "add":
        world.put(anyName(), anyContent(), random.chance(0.5))
        break
      case "remove":
        if (world.names().length > 8) world.remove(name)
        break
      case "replace":
        world.put(name, anyContent(), random.chance(0.5))
        break
      case "touch":
        world.touch(name)
        break
      case "rename":
        world.rename(name, anyName())
        break
      case "swap": {
        const other = pick(world.names())
        const [mine, its] = [world.contentOf(name), world.contentOf(other)]
        world.put(name, its, false)
        world.put(other, mine, false)
      }
    }
    changed()
    return `${what} ${name}`
  }
  const inData: ReadonlyArray<Act> = [
    { name: "edit data", weight: 12, act: editData },
    {
      name: "edit labels",
      weight: 4,
      act: () => {
        const name = pick(world.names())
        world.label(name, random.chance(0.3) ? undefined : random.below(10))
        changed()
        return name
      },
    },
    {
      name: "lead the data's link elsewhere",
      weight: 2,
      act: () => {
        world.flip()
        changed()
        return ""
      },
    },
    {
      name: "link that leads nowhere",
      weight: 1,
      act: async () => {
        const link = world.file("0/nowhere.txt")
        symlinkSync("nothing", link)
        const ran = await call(["run", "--json"])
        without(link)
        changed()
        count.failed++
        expect(ran.code).toBe(1)
        expect(ran.out).toContain("this link leads nowhere")
        expect(ran.out).toContain("0/nowhere.txt")
        return ""
      },
    },
    {
      name: "edit data during a run",
      weight: 4,
      act: async () => {
        changed()
        const running = worker().call(["run", "--json", "--cache", state.cache, ...sometimes()])
        await wait(random.below(250))
        for (let n = random.below(4); n >= 0; n--) editData()
        const ran = await running
        const failed = ran === undefined ? [] : eventsOf(ran).filter((event) => event.event === "failed")
        for (const { hint = "", message } of failed) {
          expect(message).toMatch(/changed during the run|keeps changing/)
          expect(hint).toContain("run again")
        }
        expect([0, 1]).toContain(ran?.code)
        expect(ran?.code).toBe(failed.length === 0 ? 0 : 1)
        count.failed += failed.length
        return `${failed.length} failed`
      },
    },
  ]

  return [...inProject, ...inData]
}
