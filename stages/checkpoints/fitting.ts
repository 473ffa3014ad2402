import type { Taking } from "./Candidate.ts"
import { Malformed } from "./Malformed.ts"
import { float32 } from "./Weight.ts"

/** The numbers of a weight that must have a shape. */
export const fitting = (taken: Taking, name: string, dims: ReadonlyArray<number>): Float32Array => {
  const weight = taken.take(name)
  if (weight.shape.join() !== dims.join()) {
    throw new Malformed(`${name} is of shape [${weight.shape.join(", ")}], and [${dims.join(", ")}] is needed`)
  }
  return float32(weight)
}
