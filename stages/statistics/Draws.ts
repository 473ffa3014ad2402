import { random } from "../random.ts"
import { logGamma } from "./special.ts"

// What Stirling's formula leaves of ln k! for small k, where its series is not exact.
const small = 32
const remainders = Float64Array.from(
  { length: small },
  (_, k) => logGamma(k + 1) - (k + 0.5) * Math.log(k + 1) + k + 1 - 0.5 * Math.log(2 * Math.PI),
)

/** ln k! - [(k + ½) ln(k + 1) - (k + 1) + ½ ln 2π], to 1e-15. */
const remainder = (k: number): number => {
  if (k < small) return remainders[k] ?? 0
  const inverse = 1 / ((k + 1) * (k + 1))
  return (1 / 12 - (1 / 360 - (1 / 1260) * inverse) * inverse) / (k + 1)
}

// Words made at once: some microseconds' work, and little enough to stay in the cache.
const words = 1024

/**
 * Random numbers and counts, much faster than one at a time from `random`: the
 * same generator (xoshiro128**, Blackman and Vigna 2018), run many steps at once.
 */
export class Draws {
  readonly #state: Uint32Array
  readonly #words = new Uint32Array(words)
  #at = words

  /** The same name gives the same draws on every machine. */
  constructor(name: string) {
    const { next } = random(name)
    this.#state = Uint32Array.from({ length: 4 }, () => next() * 2 ** 32)
    // A state of zeros would stay so.
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1
  }

  #refill(): void {
    // In local variables, as all the time of a bootstrap is spent here and in `tally`.
    let [a = 0, b = 0, c = 0, d = 0] = this.#state
    const into = this.#words
    for (let i = 0; i < words; i++) {
      const product = Math.imul(b, 5)
      into[i] = Math.imul((product << 7) | (product >>> 25), 9)
      const shifted = b << 9
      c ^= a
      d ^= b
      b ^= c
      a ^= d
      c ^= shifted
      d = (d << 11) | (d >>> 21)
    }
    this.#state.set([a, b, c, d])
    this.#at = 0
  }

  /** Uniform among the whole numbers below 2^32. */
  word(): number {
    if (this.#at === words) this.#refill()
    return this.#words[this.#at++] ?? 0
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.word() / 4294967296
  }

  /**
   * Draws `draws` of `kinds.length` things with replacement, each as likely as
   * the others, and adds one to `counts[offset + kind]` for the kind of each.
   */
  tally(kinds: Uint32Array, draws: number, counts: Float32Array, offset: number): void {
    const things = kinds.length
    const from = this.#words
    // Below this the low half of the product is not equally likely for all things (Lemire 2019).
    const least = 2 ** 32 % things
    let left = draws
    while (left > 0) {
      if (this.#at === words) this.#refill()
      let at = this.#at
      for (; at < words && left > 0; at++) {
        const word = from[at] ?? 0
        if (Math.imul(word, things) >>> 0 < least) continue
        // Exact: word and things have at most 53 bits together.
        const cell = offset + (kinds[((word * things) / 4294967296) >>> 0] ?? 0)
        counts[cell] = (counts[cell] ?? 0) + 1
        left--
      }
      this.#at = at
    }
  }

  /**
   * How many of `n` independent trials succeed, each with probability `p`:
   * by counting down the distribution where np is below 10, else by transformed
   * rejection (BTRS: Hörmann 1993, "The generation of binomial random variates").
   */
  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0
    if (p >= 1) return n
    if (p > 0.5) return n - this.binomial(n, 1 - p)
    return n * p < 10 ? this.#counted(n, p) : this.#rejected(n, p)
  }

  #counted(n: number, p: number): number {
    const odds = p / (1 - p)
    let probability = Math.exp(n * Math.log1p(-p))
    let left = this.uniform()
    let k = 0
    while (left >= probability && k < n) {
      left -= probability
      k++
      probability *= (odds * (n - k + 1)) / k
      // Beyond the last digit of a uniform number nothing is left to be counted down.
      if (k > n * p && probability < 1e-18) return k
    }
    return k
  }

  #rejected(n: number, p: number): number {
    const odds = p / (1 - p)
    const spread = Math.sqrt(n * p * (1 - p))
    const b = 1.15 + 2.53 * spread
    const a = -0.0873 + 0.0248 * b + 0.01 * p
    const centre = n * p + 0.5
    const quick = 0.92 - 4.2 / b
    const alpha = (2.83 + 5.1 / b) * spread
    const mode = Math.floor((n + 1) * p)
    for (;;) {
      const u = this.uniform() - 0.5
      const v = this.uniform()
      const us = 0.5 - Math.abs(u)
      const k = Math.floor(((2 * a) / us + b) * u + centre)
      if (us >= 0.07 && v <= quick) return k
      if (!(k >= 0 && k <= n)) continue
      const bound =
        (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
        (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
        (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
        remainder(mode) +
        remainder(n - mode) -
        remainder(k) -
        remainder(n - k)
      if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k
    }
  }
}
