import type { Kept } from "../dsl/Services.ts"
import * as canonical from "../hash/canonical.ts"
import * as Hash from "../hash/Hash.ts"
import type { NodeParts } from "../plan/Key.ts"
import type { Unit } from "../plan/Resolver.ts"
import type { Memory } from "../store/Store.ts"

/** What a unit may take up: kept in a memory under all of its key's parts but the params. */
export const resume = (memory: Memory, { code, environment, packages, stage }: NodeParts, { inputs }: Unit): Kept => {
  const made = Hash.ofText(canonical.canonical({ stage, code, packages, environment, inputs }))
  const nameOf = (name: string) => `resume/${made}/${name}`
  return {
    load: (name) => memory.load(nameOf(name)),
    save: (name, bytes) => memory.save(nameOf(name), bytes),
  }
}
