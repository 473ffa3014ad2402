/** The engine's speed, with limits that a loaded machine keeps: `bench/engine` measures it against others. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, it } from "vitest"
import { executed, run } from "../../bench/engine/command.ts"
import { nodes, type Size, writeInputs } from "../../bench/engine/Dag.ts"

const home = fileURLToPath(new URL("../..", import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "engine-speed-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rankshift = ({ models, sets }: Size, ...args: ReadonlyArray<string>) => {
  writeInputs(join(folder, "data"), { models, sets })
  const env = { MODELS: String(models), SETS: String(sets), DATA: join(folder, "data"), PEAK: "1" }
  const command = ["--import", "tsx", "bench/engine/pipeline.ts", "run", "--json", "--cache", join(folder, "cache")]
  const ended = run(home, process.execPath, [...command, ...args], env)
  const peak = Number(/peak ([\d.]+) MB/.exec(ended.out)?.[1])
  const extracts = ended.out.split("\n").filter((line) => /"event":"finished".*"stage":"extract"/.test(line)).length
  return { seconds: ended.seconds, executed: executed(ended.out), extracts, peak }
}

it("computes only what a model that is added needs, and nothing when nothing has changed", { timeout: 240_000 }, () => {
  const size = { models: 100, sets: 10 }
  const cold = rankshift(size)
  expect(cold.executed).toBe(nodes(size))
  const again = rankshift(size)
  expect(again.executed).toBe(0)
  const more = rankshift({ models: 101, sets: 10 })
  // Its source, ten extracts, ten scores, the total: 1 of 101 parts of the models' work.
  expect(more.executed).toBe(1 + 10 + 10 + 1)
  expect(more.extracts).toBe(10)
})

it("plans ten thousand nodes in little time and memory", { timeout: 120_000 }, () => {
  const start = rankshift({ models: 1, sets: 1 }, "--dry-run")
  const large = { models: 500, sets: 10 }
  const planned = rankshift(large, "--dry-run")
  expect(nodes(large)).toBeGreaterThan(10_000)
  console.log(`plan of ${nodes(large)} nodes: ${(planned.seconds - start.seconds).toFixed(2)} s, ${planned.peak} MB`)
  expect(planned.seconds - start.seconds).toBeLessThan(10)
  expect(planned.peak).toBeLessThan(300)
})
