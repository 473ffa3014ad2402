import type { Finding } from "../store/verify.ts"
import { bytes, count, counted, duration } from "./format.ts"
import { grid } from "./grid.ts"
import { paint, type Style } from "./style.ts"

/** The files that are bad, a line each: where, and what is wrong. */
export const bad = (findings: ReadonlyArray<Finding>, style: Style): ReadonlyArray<string> =>
  grid(
    findings.map(({ file, problem }) => [paint(style, "bad", "✗"), file, problem?.reason ?? ""]),
    [],
  )

/** What was looked into, and how it stands. */
export const verdict = (
  seen: { readonly files: number; readonly bytes: number },
  wrong: number,
  seconds: number,
  style: Style,
): string => {
  const what = `${counted(seen.files, "file")}, ${bytes(seen.bytes)}, in ${duration(seconds)}`
  return wrong === 0
    ? `${paint(style, "good", "all sound")}: ${what}`
    : `${paint(style, "bad", `${count(wrong)} bad`)}: ${what}`
}
