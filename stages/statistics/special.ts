/** Special functions that the distributions are made of, to about 1e-14. simple-statistics has them to 1e-7 or not at all. */

// Lanczos' approximation with g = 7 and nine terms, as computed by P. Godfrey (2001).
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** ln Γ(x) for x > 0 (Lanczos 1964). */
export const logGamma = (x: number): number => {
  const t = x + 6.5
  let sum = lanczos[0] ?? 0
  for (let i = 1; i < lanczos.length; i++) sum += (lanczos[i] ?? 0) / (x - 1 + i)
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum)
}

const tiny = 1e-300
const epsilon = 1e-16
// Both expansions need about √a terms near their border: this is for a of some millions.
const mostTerms = 20_000

/** A continued fraction b₀ + a₁/(b₁ + a₂/(b₂ + …)) from its coefficients, by Lentz' method (1976). */
const fraction = (start: number, term: (n: number) => readonly [a: number, b: number]): number => {
  let value = start === 0 ? tiny : start
  let c = value
  let d = 0
  for (let n = 1; n < mostTerms; n++) {
    const [a, b] = term(n)
    d = b + a * d
    c = b + a / c
    d = 1 / (d === 0 ? tiny : d)
    if (c === 0) c = tiny
    value *= c * d
    if (Math.abs(c * d - 1) < epsilon) break
  }
  return value
}

/** The regularised upper incomplete gamma function Q(a, x) = Γ(a, x)/Γ(a) (Abramowitz and Stegun 6.5.29 and 6.5.31). */
export const upperGamma = (a: number, x: number): number => {
  if (Number.isNaN(x)) return Number.NaN
  if (x <= 0) return 1
  if (x === Number.POSITIVE_INFINITY) return 0
  const front = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x >= a + 1) return front / fraction(x + 1 - a, (n) => [n * (a - n), x + 1 - a + 2 * n])
  let term = 1 / a
  let sum = term
  for (let n = 1; n < mostTerms && term > sum * epsilon; n++) {
    term *= x / (a + n)
    sum += term
  }
  return 1 - front * sum
}

/** The regularised incomplete beta function I(x; a, b) (Abramowitz and Stegun 26.5.8). */
export const beta = (x: number, a: number, b: number): number => {
  if (Number.isNaN(x)) return Number.NaN
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - beta(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a
  const term = (n: number) => {
    const m = Math.floor(n / 2)
    const numerator = n % 2 === 0 ? m * (b - m) : -(a + m) * (a + b + m)
    return [(numerator * x) / ((a + n - 1) * (a + n)), 1] as const
  }
  return front / fraction(1, term)
}

// e^(-k²/4) for k = 1, 2, …, until it no longer counts beside 1.
const bells = /* @__PURE__ */ Float64Array.from({ length: 13 }, (_, k) => Math.exp(-((k + 1) ** 2) / 4))

/**
 * The complementary error function: its integral by the trapezoidal rule with
 * step 1/2, corrected for the pole (Matta and Reichel 1971), which is exact to
 * e^(-4π²); near 0, where that cancels, one less Maclaurin's series of erf
 * (Abramowitz and Stegun 7.1.5).
 */
export const erfc = (x: number): number => {
  if (x < 0) return 2 - erfc(-x)
  // Below the smallest number.
  if (x > 28) return 0
  const square = x * x
  if (x < 0.5) {
    let term = x
    let sum = x
    for (let n = 1; n < 20; n++) {
      term *= -square / n
      sum += term / (2 * n + 1)
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum
  }
  let sum = 1 / (2 * square)
  for (let k = 1; k <= bells.length; k++) sum += (bells[k - 1] ?? 0) / ((k * k) / 4 + square)
  const pole = x < 2 * Math.PI ? 2 / (1 - Math.exp(4 * Math.PI * x)) : 0
  return ((x * Math.exp(-square)) / Math.PI) * sum + pole
}
