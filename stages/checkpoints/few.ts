import { Malformed } from "./Malformed.ts"

// Nobody keeps so many; looking through the weights for each would take long.
const most = 64

/** The names by which the networks of a file are known, where they are no more than a checkpoint can mean. */
export const few = <A>(signs: ReadonlyArray<A>): ReadonlyArray<A> => {
  if (signs.length > most) throw new Malformed(`it holds ${signs.length} networks`)
  return signs
}
