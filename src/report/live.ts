import { fit, grid } from "./grid.ts"
import { lineOf, type Progress, type StageLine } from "./progress.ts"
import { type Look, paint, type Style } from "./style.ts"

const signs: { readonly [K in StageLine["phase"]]: readonly [sign: string, look: Look] } = {
  ahead: ["·", "quiet"],
  running: ["›", "attention"],
  done: ["✓", "good"],
  failed: ["✗", "bad"],
}

// Where not all stages fit, those at work go first: what has left the window cannot be redrawn.
const fitting = (all: ReadonlyArray<StageLine>, rows: number): ReadonlyArray<StageLine> => {
  const urgency = { running: 0, failed: 1, done: 2, ahead: 3 }
  const chosen = new Set(all.toSorted((a, b) => urgency[a.phase] - urgency[b.phase]).slice(0, Math.max(1, rows)))
  return all.filter((line) => chosen.has(line))
}

/** The stages' lines as of `now`, columns below one another, none wider than the terminal, not more than it shows. */
export const frame = (progress: Progress, now: number, style: Style): ReadonlyArray<string> => {
  const all = fitting(
    progress.stages.map((stage) => lineOf(stage, now)),
    (style.rows ?? Number.POSITIVE_INFINITY) - 1,
  )
  const rows = all.map((line) => [signs[line.phase][0], line.stage, ...line.words])
  const limit = style.columns === undefined ? undefined : style.columns - 1
  return grid(rows, ["left", "left", "right", "left", "right"]).map((row, at) => {
    const line = fit(row, limit)
    const phase = all[at]?.phase ?? "ahead"
    const [sign, look] = signs[phase]
    return phase === "ahead" ? paint(style, look, line) : paint(style, look, sign) + line.slice(sign.length)
  })
}

/** The control sequences that replace the `drawn` lines of the last frame by another, with lines that stay above it. */
export const redraw = (drawn: number, above: ReadonlyArray<string>, lines: ReadonlyArray<string>): string => {
  const up = drawn === 0 ? "" : `\u001b[${drawn}A`
  return `${up}\r${[...above, ...lines].map((line) => `\u001b[2K${line}\n`).join("")}\u001b[J`
}
