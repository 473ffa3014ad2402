/** Cold builds and builds with nothing to do, of the same DAG by each tool. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median, remove } from "./command.ts"
import { nodes, type Size } from "./Dag.ts"
import { print } from "./table.ts"
import { type Tool, tools } from "./tools.ts"

const least: Size = { models: 1, sets: 1 }

/** A few nodes: what is left is the time that a tool takes to start. */
const startUp = (tool: Tool): number => {
  const folder = mkdtempSync(join(tmpdir(), "engine-"))
  tool.prepare(folder, least)
  tool.build(folder, least)
  const seconds = median([1, 2, 3].map(() => tool.build(folder, least)))
  remove(folder)
  return seconds
}

/** Builds of one size by all tools that are here; `slow` tools, which take minutes, only where asked for. */
export const builds = (size: Size, withSlow: boolean): void => {
  const count = nodes(size)
  const rows = tools.map((tool) => {
    if (!tool.available()) return [tool.name, "not here"]
    if (tool.name === "snakemake" && !withSlow) return [tool.name, "left out: --full"]
    const folder = mkdtempSync(join(tmpdir(), "engine-"))
    const started = startUp(tool)
    tool.prepare(folder, size)
    const cold = tool.build(folder, size)
    const again = median([1, 2, 3].map(() => tool.build(folder, size)))
    remove(folder)
    return [
      tool.name,
      started.toFixed(2),
      cold.toFixed(1),
      (((cold - started) / count) * 1000).toFixed(2),
      again.toFixed(2),
      Math.max(0, again - started).toFixed(3),
    ]
  })
  print(
    `${count} nodes (${size.models} models by ${size.sets} sets), two jobs; seconds`,
    ["tool", "start-up", "cold", "ms a node", "nothing to do", "after start-up"],
    rows,
  )
}
