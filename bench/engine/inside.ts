/** The engine by itself: memory, how planning grows, and what a model that is added makes it do. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { executed, remove, run } from "./command.ts"
import { nodes, type Size, writeInputs } from "./Dag.ts"
import { print } from "./table.ts"

const pipeline = fileURLToPath(new URL("pipeline.ts", import.meta.url))

const rankshift = (folder: string, { models, sets }: Size, args: ReadonlyArray<string>) => {
  writeInputs(join(folder, "data"), { models, sets })
  const env = { MODELS: String(models), SETS: String(sets), DATA: join(folder, "data"), PEAK: "1" }
  return run(
    folder,
    process.execPath,
    ["--import", import.meta.resolve("tsx"), pipeline, ...args, "--cache", join(folder, "cache")],
    env,
  )
}

const peak = (out: string): number => Number(/peak ([\d.]+) MB/.exec(out)?.[1])

/** Peak memory of a cold run and of one with nothing to do. */
export const memory = (): void => {
  const size = { models: 500, sets: 10 }
  const folder = mkdtempSync(join(tmpdir(), "engine-"))
  const cold = peak(rankshift(folder, size, ["run"]).out)
  const again = peak(rankshift(folder, size, ["run"]).out)
  const planned = peak(rankshift(folder, size, ["run", "--dry-run"]).out)
  remove(folder)
  print(
    `peak memory, ${nodes(size)} nodes`,
    ["", "MB"],
    [
      ["cold run", cold.toFixed(0)],
      ["nothing to do", again.toFixed(0)],
      ["plan", planned.toFixed(0)],
    ],
  )
}

/** How long plans of growing pipelines take, and the slope of the logarithms: 1 is linear. */
export const planning = (): void => {
  const sizes = [50, 100, 200, 400, 800].map((models) => ({ models, sets: 10 }))
  const folder = mkdtempSync(join(tmpdir(), "engine-"))
  const time = (size: Size) => Math.min(...[1, 2, 3].map(() => rankshift(folder, size, ["run", "--dry-run"]).seconds))
  const start = time({ models: 1, sets: 1 })
  const times = sizes.map((size) => ({ count: nodes(size), seconds: time(size) - start }))
  remove(folder)
  const [first, last] = [times[1], times.at(-1)]
  const slope =
    Math.log((last?.seconds ?? 0) / (first?.seconds ?? 1)) / Math.log((last?.count ?? 0) / (first?.count ?? 1))
  print(
    "planning, nothing computed yet; seconds after start-up",
    ["nodes", "seconds"],
    [...times.map(({ count, seconds }) => [String(count), seconds.toFixed(3)]), ["slope", slope.toFixed(2)]],
  )
}

/** Adds one model to 1,000 by 10 sets. */
export const addedModel = (): void => {
  const folder = mkdtempSync(join(tmpdir(), "engine-"))
  const size = { models: 1000, sets: 10 }
  const cold = rankshift(folder, size, ["run", "--json"])
  const more = { models: 1001, sets: 10 }
  const added = rankshift(folder, more, ["run", "--json"])
  const extracts = added.out
    .split("\n")
    .filter((line) => line.includes(`"event":"finished"`) && line.includes(`"stage":"extract"`))
  remove(folder)
  print(
    "one model more",
    ["", "nodes", "executed", "seconds"],
    [
      ["1,000 models by 10 sets", String(nodes(size)), String(executed(cold.out)), cold.seconds.toFixed(1)],
      ["1,001 models by 10 sets", String(nodes(more)), String(executed(added.out)), added.seconds.toFixed(1)],
      ["of these extracts", String(more.models * more.sets), String(extracts.length), ""],
    ],
  )
}
