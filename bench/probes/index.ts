/**
 * Probes beside their peers, each ratio from one run. Run:
 * `npx tsx bench/probes/index.ts [linear] [sweep] …`; all without a name.
 */
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { type Measured, table } from "./table.ts"

const all = ["linear", "sweep", "logistic", "knn", "memory"]
const asked = process.argv.slice(2)
const wrong = asked.find((name) => !all.includes(name))
if (wrong !== undefined) throw new Error(`there is no ${wrong}: there are ${all.join(", ")}`)

for (const name of asked.length === 0 ? all : asked) {
  const file = new URL(`./${name}.ts`, import.meta.url)
  if (!existsSync(file)) continue
  const { measure }: { readonly measure: Effect.Effect<ReadonlyArray<Measured>, unknown> } = await import(file.href)
  table(name, await Effect.runPromise(measure))
}
