import type { Pin } from "../store/Pins.ts"
import type { Recorded } from "../store/Runs.ts"
import { count, duration } from "./format.ts"
import { grid } from "./grid.ts"
import { paint, type Style } from "./style.ts"

/** How many runs without a name are listed. */
const shown = 10

/** Runs a line each, those with a name first: name, id, what was done. */
export const pinned = (
  pins: ReadonlyArray<Pin>,
  runs: ReadonlyArray<Recorded>,
  style: Style,
): ReadonlyArray<string> => {
  const named = new Set(pins.map(({ run }) => run))
  const row = (name: string, id: string, { summary }: Recorded["record"]) => [
    paint(style, "strong", name),
    id,
    `${count(summary.executed)} executed`,
    `${count(summary.cached)} cached`,
    summary.failed > 0 ? paint(style, "bad", `${count(summary.failed)} failed`) : "",
    duration(summary.seconds),
  ]
  const rest = runs.filter(({ id }) => !named.has(id))
  const rows = [
    ...pins.map(({ name, record, run }) => row(name, run, record)),
    ...rest.slice(0, shown).map(({ id, record }) => row("", id, record)),
  ]
  const more = rest.length > shown ? [paint(style, "quiet", `… ${count(rest.length - shown)} more`)] : []
  return rows.length === 0 ? ["there are no runs yet"] : [...grid(rows, ["left", "left", "right", "right"]), ...more]
}
