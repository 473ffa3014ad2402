import { counted } from "../../format.ts"
import type { Context } from "../figure.ts"
import { html, type Html } from "../Html.ts"
import { isFound } from "../Study.ts"
import { table, text } from "../table.ts"

/** Images that were left out, and why. */
export const skippedTable = (context: Context): Html => {
  const { skipped } = context.report
  if (!isFound(skipped) || skipped.rows.length === 0) return html`<p>No image was left out.</p>`
  const reasons = [...Map.groupBy(skipped.rows, ({ reason }) => reason)].toSorted(([, a], [, b]) => b.length - a.length)
  return table(context, {
    id: "skipped",
    title: "Images that were left out",
    caption: `${counted(skipped.rows.length, "image")}. Most often: ${reasons
      .slice(0, 3)
      .map(([reason, rows]) => `${reason} (${rows.length})`)
      .join("; ")}.`,
    head: [
      { name: "image", numeric: false },
      { name: "stage", numeric: false },
      { name: "reason", numeric: false },
      { name: "first node without it", numeric: false },
    ],
    rows: skipped.rows.map(({ id, node, reason, stage }) => [text(id), text(stage), text(reason), text(node)]),
    sources: skipped.sources,
    node: "",
  })
}
