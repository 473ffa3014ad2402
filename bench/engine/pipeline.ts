/**
 * The DAG of the engine's benchmark as a Rankshift pipeline: models by sets,
 * with stages that do next to nothing. `MODELS`, `SETS` and `DATA` (the folder
 * of the inputs) come from the environment. Says its peak memory on standard
 * error where `PEAK` is set.
 */
import { Pipeline } from "../../src/index.ts"
import { extract, score, source, total } from "./stages.ts"

const count = (name: string) => Array.from({ length: Number(process.env[name]) }, (_, i) => i)
const file = (name: string) => `${process.env["DATA"] ?? "."}/${name}`

const sets = count("SETS").map((i) => source({ file: file(`set${i}`) }))
const models = count("MODELS").map((i) => source({ file: file(`model${i}`) }))
const scores = models.flatMap((model) => sets.map((set) => score({ features: extract({ model, set }) })))

if (process.env["PEAK"] !== undefined) {
  process.on("exit", () => console.error(`peak ${process.resourceUsage().maxRSS / 1000} MB`))
}

export default Pipeline.main(import.meta, "engine", { total: total({ scores }) })
