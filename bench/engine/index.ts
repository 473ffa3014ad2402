/**
 * The engine against its peers on the same DAG: `npx tsx bench/engine/index.ts`.
 * `--full` adds what takes minutes: Snakemake on 10,000 nodes.
 * Names of parts (builds, memory, planning, model, disk, cutoff) run only these.
 */
import { cutoff } from "./cutoff.ts"
import { disk } from "./disk.ts"
import { builds } from "./builds.ts"
import { addedModel, memory, planning } from "./inside.ts"

const args = process.argv.slice(2)
const full = args.includes("--full")
const names = args.filter((arg) => !arg.startsWith("--"))

const parts: Readonly<Record<string, () => Promise<void> | void>> = {
  builds: () => {
    builds({ models: 50, sets: 10 }, true)
    builds({ models: 500, sets: 10 }, full)
  },
  memory,
  planning,
  model: addedModel,
  disk,
  cutoff,
}

for (const [name, part] of Object.entries(parts)) {
  if (names.length === 0 || names.includes(name)) await part()
}
