/** All that may happen in the soak, and its end. */
import { join } from "node:path"
import { expect } from "vitest"
import { type Desk, filesIn } from "./soakDesk.ts"
import { edits } from "./soakEdits.ts"
import { runs } from "./soakRuns.ts"
import { upkeep } from "./soakUpkeep.ts"

/** Everything that may happen. */
export const acts = (desk: Desk) => [...edits(desk), ...runs(desk), ...upkeep(desk)]

/** Ends well: all is mended, equal to a run from nothing, and nothing is left over. */
export const close = async (desk: Desk): Promise<void> => {
  const { at, changed, dismiss, good, known, rowsOf, settle, state, world } = desk
  await good(["verify", "--repair"])
  state.dirty = false
  changed()
  await settle()
  await settle()
  await good(["verify"])
  const found = known()
  const soaked = state.cache
  state.cache = join(world.folder, "clean")
  changed()
  await good(["run", "--json", "--pixel-budget", "1GB"])
  expect(await rowsOf("table")).toEqual(world.table())
  for (const [key, { node, outputs }] of known()) {
    const mine = found.get(key)
    // Which pixels are there depends on the budgets that there were.
    if (mine === undefined) expect(node).toMatch(/^scale/)
    else expect([node, mine.outputs]).toEqual([node, outputs])
  }
  state.cache = soaked
  for (const { child, ended } of dismiss()) {
    child.stdin?.end()
    expect(await ended).toMatchObject({ code: 0 })
  }
  expect([filesIn(at("tmp")), filesIn(at("live"))]).toEqual([[], []])
}
