/**
 * Hundreds of things that happen to a project and its cache, in any order:
 * edits, runs, kills, damage, collections, copies. After every run the results
 * are those of an oracle that knows nothing of caches; in the end the cache is
 * equal to one made from nothing.
 *
 * RANKSHIFT_SOAK_SEED and RANKSHIFT_SOAK_OPERATIONS choose another course.
 */
import { expect, it } from "vitest"
import { random } from "../../stages/random.ts"
import { acts, close } from "./soakActs.ts"
import { type Act, makeDesk } from "./soakDesk.ts"
import { makeWorld } from "./soakWorld.ts"

const operations = Number(process.env["RANKSHIFT_SOAK_OPERATIONS"] ?? 500)
const seed = process.env["RANKSHIFT_SOAK_SEED"] ?? String(Math.floor(Math.random() * 1e6))

/** How much of the course a failure shows. */
const shown = 25

it(`${operations} operations in any order end where a run from nothing does (seed ${seed})`, async () => {
  const draw = random(`soak ${seed}`)
  const world = makeWorld(draw)
  const desk = makeDesk(world, draw)
  const all = acts(desk)
  const whole = all.reduce((sum, { weight }) => sum + weight, 0)
  const choose = (): Act => {
    let rest = draw.below(whole)
    for (const act of all) {
      rest -= act.weight
      if (rest < 0) return act
    }
    throw new Error("the weights have changed")
  }
  const course: Array<string> = []
  const taken = new Map<string, number>()
  const started = performance.now()
  let done = false
  try {
    for (let n = 0; n < operations; n++) {
      const { act, name } = choose()
      course.push(`${n} ${name}`)
      const began = performance.now()
      const detail = await act()
      course[n] = `${n} ${name}: ${detail}`
      taken.set(name, (taken.get(name) ?? 0) + performance.now() - began)
    }
    course.push("the end")
    await close(desk)
    done = true
  } finally {
    const seconds = (performance.now() - started) / 1000
    console.log(
      `seed ${seed}: ${course.length - 1} operations in ${seconds.toFixed(0)} s ${JSON.stringify(desk.count)}`,
    )
    if (!done) console.log([`RANKSHIFT_SOAK_SEED=${seed} in ${world.folder}`, ...course.slice(-shown)].join("\n"))
    if (process.env["RANKSHIFT_SOAK_TIMES"] !== undefined) console.log(taken)
    desk.restart()
    if (done) world.project.remove()
  }
  expect(course).toHaveLength(operations + 1)
})
