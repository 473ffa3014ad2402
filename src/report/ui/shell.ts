import { createHash } from "node:crypto"
import { definitions } from "../picture/draw.ts"
import { colours, shapes } from "../picture/style.ts"
import { escape } from "../picture/text.ts"
import type { Start } from "./page/mount.ts"

/** What a page is made of. */
export interface Parts {
  readonly title: string
  /** What the page's script reads first. */
  readonly start: Start
  /** The script itself. */
  readonly script: string
  /** More for the head, for the side above what is said of the graph, and for the foot; HTML. */
  readonly head?: string
  readonly side?: string
  readonly foot?: string
  /** More for the style sheet. */
  readonly style?: string
  /** Where the page may connect to besides: a source list of the Content Security Policy. */
  readonly connect?: string
}

const style = [
  "*{box-sizing:border-box}html,body{height:100%;margin:0}[hidden]{display:none!important}",
  "body{display:flex;flex-direction:column;background:var(--ground);color:var(--ink);font:14px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif}",
  "header{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;align-items:center;padding:.5rem 1rem;border-bottom:1px solid var(--shade)}",
  "h1{font-size:1.05rem;margin:0}h2{font-size:1rem;margin:0 0 .4rem;overflow-wrap:anywhere}h3{font-size:.85rem;margin:1rem 0 .2rem;color:var(--quiet)}",
  "#rs-legend{display:flex;flex-wrap:wrap;gap:.2rem .9rem;list-style:none;margin:0;padding:0;font-size:.85rem}",
  ".rs-tools{display:flex;flex-wrap:wrap;gap:.35rem;align-items:center;margin-left:auto}.rs-tools form{display:flex;gap:.35rem;align-items:center;margin:0}",
  "button,input{font:inherit;font-size:.85rem;color:inherit;background:var(--frame);border:1px solid var(--rule);border-radius:5px;padding:.2rem .55rem}",
  "input{width:11rem}button{cursor:pointer}button:hover{background:var(--shade)}#rs-found{font-size:.8rem;color:var(--quiet)}",
  ":focus-visible{outline:2px solid var(--accent);outline-offset:1px}",
  "main{flex:1;display:flex;min-height:0}.rs-stage{flex:1;min-width:0;overflow:hidden;position:relative}",
  "#rs-graph{display:block;width:100%;height:100%;touch-action:none;cursor:grab;user-select:none}",
  "aside{width:21rem;overflow:auto;padding:.8rem 1rem;border-left:1px solid var(--shade);font-size:.88rem}",
  "aside p{margin:.15rem 0;overflow-wrap:anywhere}aside ul{margin:0;padding:0;list-style:none}aside li{overflow-wrap:anywhere}",
  "aside li button{border:0;background:none;padding:.1rem .2rem;text-align:left;overflow-wrap:anywhere}aside li button:hover{text-decoration:underline}",
  "dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem .8rem;margin:.6rem 0}dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}",
  ".rs-icon svg{vertical-align:-1px;overflow:visible}.rs-hint{color:var(--quiet)}kbd{font:inherit;border:1px solid var(--rule);border-radius:3px;padding:0 .3em}",
  "#rs-graph [tabindex]{outline:none}.rs-box,.rs-panel,.rs-node{cursor:pointer}",
  ":is(.rs-box,.rs-panel):focus .rs-frame{stroke:var(--accent);stroke-width:3}.rs-node:focus .rs-cell{stroke:var(--accent);stroke-width:3;stroke-dasharray:none}",
  ":is(.rs-box,.rs-panel):hover .rs-frame{stroke:var(--ink)}.rs-node:hover .rs-cell{stroke:var(--ink)}",
  ".rs-picked .rs-line{opacity:.25}.rs-picked .rs-line.rs-on{opacity:1;stroke:var(--accent);stroke-width:2}.rs-picked .rs-node:not(.rs-on),.rs-picked .rs-box:not(.rs-on){opacity:.45}",
  ".rs-seeking :is(.rs-box,.rs-node):not(.rs-hit){opacity:.3}.rs-seeking :is(.rs-box,.rs-node).rs-hit{opacity:1}",
  "@media (max-width:48rem){main{flex-direction:column}aside{width:auto;max-height:45%;border-left:0;border-top:1px solid var(--shade)}.rs-tools{margin-left:0}}",
  "@media print{html,body{height:auto}.rs-tools,aside{display:none}main{height:24cm}}",
].join("\n")

/** Data as the content of a script element: nothing in it can end the element. */
const data = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c")

/** What lets one script run and no other. */
const digest = (script: string): string => `sha256-${createHash("sha256").update(script).digest("base64")}`

const hint =
  "<p class='rs-hint'>Click a box, or press <kbd>Enter</kbd> on it, to unfold it. Point at something, or reach it with <kbd>Tab</kbd> and the arrows, to read here why it is in its state. Drag and turn the wheel to move about.</p>"

/** A page with a graph that can be folded and moved about, in one text. It asks the network for nothing. */
export const shell = ({
  connect = "",
  foot = "",
  head = "",
  script,
  side = "",
  start,
  style: more = "",
  title,
}: Parts): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'${connect === "" ? "" : `; connect-src ${connect}`}">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${escape(title)}</title>
<style>${colours(":root")}
${shapes}
${style}
${more}</style>
</head>
<body>
<header><h1>${escape(start.picture.pipeline)}</h1><ul id="rs-legend" aria-label="states"></ul>${head}
<div class="rs-tools"><form><input id="rs-seek" type="search" placeholder="find a node" aria-label="find a node"><span id="rs-found" role="status"></span></form>
<button type="button" id="rs-unfold">Unfold all</button><button type="button" id="rs-fold">Fold all</button><button type="button" id="rs-smaller" aria-label="smaller">−</button><button type="button" id="rs-larger" aria-label="larger">+</button><button type="button" id="rs-fit">Fit</button></div></header>
<main><div class="rs-stage"><svg id="rs-graph" class="rs" role="group" aria-label="graph of ${escape(start.picture.pipeline)}" tabindex="0">${definitions}<g id="rs-view"></g></svg></div>
<aside aria-label="details">${side}<div id="rs-details" aria-live="polite">${hint}</div></aside></main>
${foot}
<script type="application/json" id="rs-data">${data(start)}</script>
<script>${script}</script>
</body>
</html>
`
