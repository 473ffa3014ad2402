/** A stream of seeded numbers: the same name gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  readonly next: () => number
  /** Uniform in [low, high). */
  readonly between: (low: number, high: number) => number
  /** A whole number in [0, n). */
  readonly below: (n: number) => number
  /** True with probability `p`. */
  readonly chance: (p: number) => boolean
  /** One of a list. */
  readonly pick: <A>(from: readonly [A, ...ReadonlyArray<A>]) => A
  /** From the standard normal distribution (Box and Muller, 1958). */
  readonly normal: () => number
}

// The finaliser of MurmurHash3 (Appleby): every input bit reaches every output bit.
const mix = (value: number): number => {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}

/**
 * Numbers drawn from a name such as `1/validation/00012`. Each image and each
 * purpose has a name of its own, so nothing depends on the order of drawing.
 * The generator is xoshiro128** (Blackman and Vigna, 2018).
 */
export const random = (name: string): Random => {
  let h = 0x811c9dc5
  let g = 0x01234567
  for (let i = 0; i < name.length; i++) {
    h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
    g = mix(g + name.charCodeAt(i))
  }
  let a = mix(h)
  let b = mix(g)
  let c = mix(h + 0x9e3779b9)
  let d = mix(g + name.length) | 1

  const next = () => {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result / 4294967296
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    next,
    below,
    between: (low, high) => low + (high - low) * next(),
    chance: (p) => next() < p,
    pick: (from) => from[below(from.length)] ?? from[0],
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  }
}
