/** A whole number with thousands apart: `1,240`. */
export const count = (n: number): string => n.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",")

/** `1 node`, `2 nodes`. */
export const counted = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? "" : "s"}`

/** A span of time as a clock shows it: `0:21`, `1:02:03`. */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.ceil(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number) => `${n}`.padStart(2, "0")
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** A span of time in words: `20 ms`, `1.4 s`, `12 s`, then as a clock shows it. */
export const duration = (seconds: number): string => {
  if (seconds < 0.9995) return `${(seconds * 1000).toFixed(0)} ms`
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : seconds < 59.5 ? `${seconds.toFixed(0)} s` : clock(seconds)
}

/** A size in bytes: `812 B`, `1.2 MB` (steps of 1,000). */
export const bytes = (n: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"]
  let [value, unit] = [n, 0]
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000
  return unit === 0 ? `${value.toFixed(0)} B` : `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`
}

/** A share of 1 as a percentage with one decimal, without the sign; a dash for what is not a number. */
export const percent = (share: number): string => (Number.isFinite(share) ? (share * 100).toFixed(1) : "–")

/** A rate with as many digits as tell something: `1,240`, `3.4`. */
export const rate = (perSecond: number): string => (perSecond < 9.95 ? perSecond.toFixed(1) : count(perSecond))

/** A number near 1 with two of the digits in which it differs from 1: `0.9731`, `0.99999988`. */
export const nearOne = (value: number): string => {
  const off = Math.abs(1 - value)
  // 1 - 0.9999 is a little less than .0001.
  return value.toFixed(off === 0 ? 0 : Math.min(12, Math.max(4, 1 - Math.floor(Math.log10(off) + 1e-9))))
}
