import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** The benchmark's DAG: sources of models and sets, an extract and a score for each pair, one total. */
export interface Size {
  readonly models: number
  readonly sets: number
}

/** How many nodes it has. */
export const nodes = ({ models, sets }: Size): number => models + sets + 2 * models * sets + 1

/** All pairs of a model and a set, by name. */
export const pairs = ({ models, sets }: Size): ReadonlyArray<readonly [model: string, set: string]> =>
  Array.from({ length: models }, (_, m) =>
    Array.from({ length: sets }, (__, s) => [`model${m}`, `set${s}`] as const),
  ).flat()

/** Writes the inputs: a small file a model and set. One that is there is left as it is. */
export const writeInputs = (folder: string, { models, sets }: Size): void => {
  mkdirSync(folder, { recursive: true })
  const write = (kind: string, count: number) => {
    for (let i = 0; i < count; i++) {
      const file = join(folder, `${kind}${i}`)
      if (!existsSync(file)) writeFileSync(file, `${kind} ${i}\n`)
    }
  }
  write("model", models)
  write("set", sets)
}
