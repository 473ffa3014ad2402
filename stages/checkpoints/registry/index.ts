/** Published models by name. */
import { distance } from "../../distance.ts"
import type { Published } from "./Published.ts"
import { models as resnets } from "./resnets.ts"
import { models as vissl } from "./vissl.ts"
import { models as vits } from "./vits.ts"

const all = { ...vissl, ...resnets, ...vits }

/** The name of a published model: its family and its architecture. */
export type ModelName = keyof typeof all

/** All of them. */
export const published: ReadonlyMap<string, Published> = new Map(Object.entries(all))

/** The names that are nearest to one that is none: three, and all of the same family. */
export const near = (name: string): ReadonlyArray<string> => {
  const family = name.split("/")[0] ?? name
  const ranked = [...published.keys()].toSorted((a, b) => distance(name, a) - distance(name, b))
  return ranked.filter((other, i) => i < 3 || other.split("/")[0] === family)
}

/** The models that have their weights where a file has them, the one with the file's usual name first. */
export const alike = (
  architecture: string,
  weightsAt: string,
  file: string,
): ReadonlyArray<readonly [name: string, model: Published]> =>
  [...published]
    .filter(([, one]) => one.architecture === architecture && one.weightsAt === weightsAt)
    .toSorted(([, a], [, b]) => Number(b.file === file) - Number(a.file === file))
