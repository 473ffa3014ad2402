import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lab, statesOf, upTo } from "./lab.ts"

it.live("a streamed node is done when nobody needs it any more, not at the end of the run", () =>
  Effect.gen(function* () {
    const { run, source, stages, write } = yield* lab
    write("a", upTo(40))
    const decoded = stages.each.never(source("a"), { as: "decoded", add: 1, div: 1 })
    const pixels = stages.each.budget(decoded, { as: "pixels", add: 1, div: 1 })
    const features = stages.batches.always(pixels, { as: "features", add: 1, div: 1 })
    const sum = stages.total([features], { as: "sum", add: 0, div: 1 })
    const events = yield* run({ sum }, { jobs: 1 })
    const about = (event: string, as: string) =>
      events.findIndex((e) => e.event === event && "node" in e && e.node.includes(as))
    expect(events.filter((e) => e.event === "finished")).toHaveLength(5)
    expect(about("finished", "never")).toBeLessThan(about("started", "total"))
    expect(about("finished", "budget")).toBeLessThan(about("started", "total"))
  }),
)

it.live("a plan names the param that makes pixels stale, not only who asks for them", () =>
  Effect.gen(function* () {
    const { plan, run, source, stages, write } = yield* lab
    write("a", upTo(40))
    const through = (add: number) => {
      const pixels = stages.each.budget(source("a"), { as: "pixels", add, div: 1 })
      return { features: stages.batches.always(pixels, { as: "features", add: 1, div: 1 }) }
    }
    yield* run(through(1))
    const states = Object.entries(statesOf(yield* plan(through(2))))
    const [, pixels] = states.find(([name]) => name.includes("budget")) ?? []
    expect(pixels).toMatchObject({ _tag: "stale" })
    expect(JSON.stringify(pixels)).toMatch(/param add 1 -> 2, needed by /)
  }),
)
