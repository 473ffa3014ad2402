import * as Effect from "effect/Effect"
import { layouts } from "../picture/layout.ts"
import type { Picture } from "../picture/Picture.ts"
import { script } from "./script.ts"
import { shell } from "./shell.ts"

const style = [
  "#rs-run{display:flex;gap:.3rem .9rem;align-items:center;flex-wrap:wrap;font-size:.85rem}#rs-run svg{border-bottom:1px solid var(--rule)}#rs-course{fill:none;stroke:var(--accent);stroke-width:1.5}",
  "#rs-status{font-weight:600}#rs-status[data-kind=failed],#rs-status[data-kind=lost]{color:var(--failed)}#rs-status[data-kind=over]{color:var(--fresh)}#rs-clock{font-variant-numeric:tabular-nums}",
  "aside{width:27rem}table{border-collapse:collapse;width:100%;font-size:.82rem}th{text-align:left;font-weight:600;padding:.1rem .5rem .1rem 0}td{padding:.1rem .5rem .1rem 0;color:var(--quiet)}td:last-child{white-space:pre-wrap}progress{width:5.5rem;height:.55rem;accent-color:var(--fresh)}",
  "tr.rs-ahead th{font-weight:400;color:var(--quiet)}tr.rs-running progress{accent-color:var(--running)}tr.rs-failed progress{accent-color:var(--failed)}tr.rs-failed th{color:var(--failed)}",
  "#rs-troubles li{border-left:3px solid var(--failed);padding-left:.5rem;margin:.4rem 0}#rs-troubles p{white-space:pre-wrap}",
  "#rs-log{height:9.5rem;overflow:auto;border-top:1px solid var(--shade);padding:.4rem 1rem;font:12px/1.5 ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre-wrap;overflow-wrap:anywhere}",
  "#rs-log time{color:var(--quiet)}#rs-log .rs-bad{color:var(--failed)}#rs-log .rs-attention{color:var(--stale)}",
  "#rs-details{border-top:1px solid var(--shade);margin-top:.9rem;padding-top:.8rem}",
  "@media (max-width:48rem){aside{width:auto}#rs-log{height:6rem}}@media print{#rs-log{height:auto}}",
].join("\n")

const head = `<div id="rs-run"><span id="rs-status" role="status">connecting</span><span id="rs-clock" aria-hidden="true"></span>
<svg width="120" height="22" aria-hidden="true"><polyline id="rs-course"/></svg><span id="rs-memory"></span></div>`

const side = `<section id="rs-errors" hidden aria-live="assertive"><h2>errors</h2><ul id="rs-troubles"></ul></section>
<section><h2>stages</h2><table><tbody id="rs-stages"></tbody></table></section>`

const foot = `<div id="rs-log" role="log" aria-label="log" aria-live="off" tabindex="0"></div>`

/** The page of a run: the graph as it is when the run begins, and a script that hears how it goes on. */
export const runHtml = Effect.fnUntraced(function* (picture: Picture): Effect.fn.Return<string> {
  const start = { picture, layouts: yield* layouts(picture), open: [] }
  return shell({
    title: `${picture.pipeline}: run`,
    start,
    script: yield* script("runPage"),
    style,
    head,
    side,
    foot,
    connect: "'self'",
  })
})
