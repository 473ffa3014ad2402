import type { Context } from "../figure.ts"
import type { Html } from "../Html.ts"
import { isFound, type Setting, type Study } from "../Study.ts"
import { number, table, text } from "../table.ts"

const fate = ({ chosen, stopped }: Setting): string =>
  stopped ?? (chosen.length === 0 ? "trained to the end" : `chosen: ${chosen.join(" and ")}`)

/** What each sweep tried, how it did on the held-out part of the training set, and which it chose. */
export const sweepTable = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.curves)) return undefined
  const swept = study.curves.rows.filter(({ settings }) => settings.length > 0)
  if (swept.length === 0) return undefined
  return table(context, {
    id: "sweeps",
    title: "What was swept",
    caption:
      "Settings of each probe, trained on the same batches and compared on a part of the training set that is held out. `final` has the setting that is best after the last epoch, `best` the setting and epoch that were best at any time; no evaluation set has a say.",
    head: [
      { name: "model", numeric: false },
      { name: "protocol", numeric: false },
      { name: "setting", numeric: false },
      { name: "held out", numeric: true, shown: "Held out, %" },
      { name: "what became of it", numeric: false },
    ],
    rows: swept.flatMap(({ model, protocol, settings }) =>
      settings.map((setting) => [
        text(model),
        text(protocol),
        text(setting.words),
        { ...number(100 * setting.heldOut, 1), ...(setting.chosen.length > 0 ? { look: "best" as const } : {}) },
        text(fate(setting)),
      ]),
    ),
    sources: study.curves.sources,
  })
}
