import type { Kind } from "./Kind.ts"
import { apple, bird, butterfly, cat, fir, fish, flower, mushroom, snail, tree } from "./living.ts"
import { boat, bottle, car, castle, clock, cup, house, key, rocket, umbrella } from "./made.ts"

/** Every kind of thing; a class is its place in this list. */
export const kinds: readonly [Kind, ...ReadonlyArray<Kind>] = [
  apple,
  bird,
  boat,
  bottle,
  butterfly,
  car,
  castle,
  cat,
  clock,
  cup,
  fir,
  fish,
  flower,
  house,
  key,
  mushroom,
  rocket,
  snail,
  tree,
  umbrella,
]
