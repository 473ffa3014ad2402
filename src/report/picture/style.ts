import type { Mark } from "./Picture.ts"

interface Tone {
  readonly line: string
  readonly fill: string
}

/** Colours by Okabe and Ito, which the colour-blind tell apart, darker on light ground and lighter on dark. */
const light: { readonly [K in Mark]: Tone } = {
  fresh: { line: "#007a5a", fill: "#e2f3ec" },
  streamed: { line: "#6e7781", fill: "#eff1f3" },
  waiting: { line: "#2f7fb0", fill: "#e3f1fa" },
  stale: { line: "#a86400", fill: "#fdf0d5" },
  running: { line: "#0058b8", fill: "#d6e6fb" },
  blocked: { line: "#a1487f", fill: "#f8e6f0" },
  failed: { line: "#c23b00", fill: "#fde4d8" },
}
const dark: { readonly [K in Mark]: Tone } = {
  fresh: { line: "#2fc79b", fill: "#10302a" },
  streamed: { line: "#9aa4ae", fill: "#262b31" },
  waiting: { line: "#7cc4f0", fill: "#15303f" },
  stale: { line: "#f0b13c", fill: "#3a2c0c" },
  running: { line: "#5aa5ff", fill: "#122f55" },
  blocked: { line: "#e29cc6", fill: "#3c2233" },
  failed: { line: "#ff8752", fill: "#45200f" },
}

const tones = (all: { readonly [K in Mark]: Tone }): string =>
  Object.entries(all)
    .map(([mark, { fill, line }]) => `--${mark}:${line};--${mark}-fill:${fill};`)
    .join("")

const lightInk =
  "--ground:#fff;--frame:#fff;--ink:#1b1f24;--quiet:#57606a;--rule:#8c959f;--shade:#eaeef2;--accent:#0058b8;"
const darkInk =
  "--ground:#0f1318;--frame:#171c22;--ink:#e6edf3;--quiet:#9aa7b4;--rule:#6b7682;--shade:#232a32;--accent:#5aa5ff;"

/** The colours as properties of `scope`, light or dark as the reader has it; on paper light. */
export const colours = (scope: string): string =>
  `${scope}{${lightInk}${tones(light)}color-scheme:light dark}` +
  `@media screen and (prefers-color-scheme:dark){${scope}{${darkInk}${tones(dark)}}}`

const marks: ReadonlyArray<string> = Object.keys(light)

/** How the parts of a drawing look, in these colours. */
export const shapes = [
  "svg.rs{font:11px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;fill:var(--ink)}",
  ".rs-title{font-size:13px;font-weight:600}.rs-title .rs-quiet{font-size:11px;font-weight:400}",
  ".rs-quiet,.rs-small,.rs-head{fill:var(--quiet)}.rs-small{font-size:10px}.rs-head{font-weight:600}",
  ".rs-frame{fill:var(--frame);stroke:var(--rule)}.rs-behind{fill:var(--shade);stroke:var(--rule)}",
  ".rs-target .rs-frame{stroke:var(--ink);stroke-width:2}",
  ".rs-edge{stroke-width:4;stroke-linecap:round;fill:none}.rs-fold{fill:none;stroke:var(--quiet)}",
  ".rs-line{fill:none;stroke:var(--rule);stroke-width:1.2;marker-end:url(#rs-tip)}#rs-tip path{fill:var(--rule);fill:context-stroke}",
  ".rs-sign{fill:none;stroke-width:2}.rs-cell{stroke-width:1}",
  ...marks.map(
    (mark) =>
      `.rs-edge.m-${mark}{stroke:var(--${mark})}.rs-bar.m-${mark}{fill:var(--${mark})}` +
      `.rs-sign.m-${mark}{stroke:var(--${mark});color:var(--${mark})}` +
      `.rs-cell.m-${mark}{fill:var(--${mark}-fill);stroke:var(--${mark})}`,
  ),
  ".rs-cell.m-waiting,.rs-cell.m-streamed{stroke-dasharray:3 2}.rs-cell.m-failed{stroke-width:2}",
].join("\n")
