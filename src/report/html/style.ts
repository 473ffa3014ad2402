import { variables } from "./palette.ts"

const light = `--ground:#fff;--panel:#f6f7f9;--ink:#1b1f24;--soft:#57606a;--rule:#d5dae0;--accent:#0058b8;--warm:#fdf3dd;--warm-rule:#d8a531;${variables("light")}`
const dark = `--ground:#0f1318;--panel:#171c22;--ink:#e6edf3;--soft:#9aa7b4;--rule:#323b45;--accent:#7fb8ff;--warm:#2e2614;--warm-rule:#9a7a26;${variables("dark")}`

/** How the page looks: on a screen, a phone and paper, light and dark. */
export const style = [
  `:root{color-scheme:light dark;${light}}`,
  `@media screen and (prefers-color-scheme:dark){:root{${dark}}}`,
  "*{box-sizing:border-box}[hidden]{display:none!important}",
  "html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}",
  "body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;overflow-wrap:break-word}",
  ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--ground);padding:.5rem;z-index:2}",
  ".page{display:grid;grid-template-columns:13.5rem minmax(0,1fr);gap:0 3rem;max-width:78rem;margin:0 auto;padding:0 1.5rem 4rem}",
  "header{grid-column:1/-1;padding:2.2rem 0 1rem;border-bottom:1px solid var(--rule);margin-bottom:1.5rem}",
  "h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem}h2{font-size:1.4rem;line-height:1.25;margin:0 0 .6rem;padding-top:.4rem}",
  "h3{font-size:1.05rem;line-height:1.35;margin:1.8rem 0 .2rem}h4{font-size:1rem;margin:1.2rem 0 0}p{margin:.3rem 0 .7rem;max-width:46rem}",
  "a{color:var(--accent)}code{font:.86em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}small,.small{font-size:.8rem}small{color:var(--soft)}",
  ".lead{color:var(--soft);margin:0}",
  "nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:.4rem 0 1rem;font-size:.92rem}",
  "nav ol{list-style:none;margin:0;padding:0}nav li{margin:.28rem 0}nav ol ol{padding-left:.8rem}nav a{color:var(--ink);text-decoration:none}nav a:hover{text-decoration:underline}nav summary{display:none}",
  "main{min-width:0}.part{margin:0 0 2.8rem;padding-top:.4rem;border-top:1px solid var(--rule)}.part:first-child{border-top:0}",
  ".study>h2{font-size:1.6rem}",
  ".notice{background:var(--warm);border-left:4px solid var(--warm-rule);padding:.6rem .9rem;margin:.8rem 0;max-width:none}.notice p{margin:.1rem 0}.notice ul{margin:.3rem 0;padding-left:1.2rem}",
  ".missing{color:var(--soft);border-left:3px solid var(--rule);padding:.15rem .8rem;font-size:.92rem;max-width:none}.stale{color:var(--worse);white-space:nowrap}",
  ".facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.8rem;margin:1rem 0 1.4rem}",
  ".facts>div{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:.7rem .9rem}",
  ".facts dt{color:var(--soft);font-size:.85rem}.facts dd{margin:0}.said{display:block;font-size:1.3rem;font-weight:650;line-height:1.3;margin:.1rem 0 .2rem}.detail{display:block;font-size:.9rem}",
  ".overall{font-size:1.18rem;line-height:1.5;max-width:50rem;margin:.2rem 0 1rem}details{margin:.5rem 0}summary{cursor:pointer}.verdicts{margin:.3rem 0 1rem;padding-left:1.2rem;max-width:52rem}.verdicts li{margin:.3rem 0}",
  // Tables
  ".long{max-height:34rem;overflow-y:auto}.long thead th{position:sticky;top:0;z-index:1}.scroll,.panels{overflow-x:auto}.scroll:focus-visible,.panels:focus-visible,:focus-visible{outline:2px solid var(--accent);outline-offset:2px}",
  "table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}thead th{border-bottom:2px solid var(--rule);vertical-align:bottom;background:var(--ground)}",
  "th,td{padding:.28rem .7rem;text-align:left;white-space:nowrap}tbody tr{border-bottom:1px solid var(--rule)}tbody tr:hover{background:var(--panel)}tbody th{font-weight:500;position:sticky;left:0;background:var(--ground)}tbody tr:hover th{background:var(--panel)}",
  "th.n,td.n{text-align:right}table.small td,table.small th{font-size:.8rem;vertical-align:top}code.wrap{white-space:normal;display:inline-block;min-width:22rem}",
  "thead button{max-width:10rem;white-space:normal;font:inherit;font-weight:650;color:inherit;background:none;border:0;padding:0;text-align:inherit;cursor:pointer}thead button:disabled{cursor:auto;color:inherit}thead button:not(:disabled)::after{content:'↕';color:var(--soft);opacity:.45;margin-left:.3em}thead button:hover::after{opacity:1}",
  "th[aria-sort=ascending] button::after{content:'↑'!important;opacity:1!important}th[aria-sort=descending] button::after{content:'↓'!important;opacity:1!important}",
  ".best{font-weight:700}.best small{font-weight:400}.better,.better small{color:var(--better)}.worse,.worse small{color:var(--worse)}.same .change{color:var(--soft)}td .change{display:inline-block;min-width:2.1em;text-align:left}td.better,td.worse,td.same{font-weight:500}abbr{text-decoration:none}",
  ".bar{display:inline-block;position:relative;width:7rem;height:.75rem;margin-right:.5rem;vertical-align:-1px;background:linear-gradient(var(--quiet),var(--quiet)) 50%/1px 100% no-repeat}.bar i{position:absolute;top:0;bottom:0}.bar.gain i{left:50%;background:var(--better)}.bar.loss i{right:50%;background:var(--worse)}.points{display:inline-block;min-width:3.4em}",
  // Figures
  "figure{margin:0 0 2rem}figcaption h3{margin-top:1.8rem}.panels{display:flex;flex-wrap:wrap;gap:1rem 1.1rem}.panel{flex:0 1 auto;min-width:0;max-width:100%}",
  "svg.chart{display:block;max-width:100%;height:auto;overflow:visible;font-family:inherit}.panel>svg.chart{min-width:min(100%,18.75rem)}",
  ".legend{display:flex;flex-wrap:wrap;gap:.15rem 1rem;list-style:none;margin:.2rem 0 .6rem;padding:0;font-size:.88rem}.legend svg{margin-right:.4rem;vertical-align:-1px}",
  ".dimmed svg.chart [data-model]:not(.lit){opacity:.12}.chart [data-model].lit{stroke-width:3px}.chart text[data-model].lit{stroke-width:0;font-weight:700}",
  ".choose{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:1.2rem 0 .4rem}figure .choose{margin-top:.3rem}",
  "select,.tools button{font:inherit;font-size:.88rem;color:inherit;background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:.2rem .55rem;max-width:100%}.tools button{cursor:pointer}.tools button:hover{border-color:var(--soft)}",
  ".tools{display:flex;flex-wrap:wrap;gap:.3rem .8rem;align-items:center;font-size:.82rem;color:var(--soft);margin:.5rem 0 1.2rem;max-width:none}.note{font-size:.86rem;color:var(--soft)}",
  ".gallery ul{list-style:none;margin:.4rem 0 1rem;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.9rem}.gallery figure{margin:0}.gallery img{display:block;width:100%;height:9rem;object-fit:contain;background:var(--panel);border-radius:6px}.gallery figcaption{font-size:.84rem;line-height:1.4;margin-top:.3rem}.gallery figcaption>*{display:block;overflow-wrap:anywhere}",
  ".graph .panels{display:block}.graph svg{max-width:100%;height:auto}.graph:has(input:checked) svg{max-width:none}",
  "tr:target{background:var(--warm)}tr:target th{background:var(--warm)}li:target{background:var(--warm)}",
  "@media (max-width:60rem){.page{display:block;padding:0 1rem 3rem}header{padding-top:1.2rem}h1{font-size:1.5rem}nav{position:static;border-bottom:1px solid var(--rule);margin-bottom:1rem;max-height:none}nav summary{display:list-item;padding:.3rem 0;cursor:pointer}svg.chart{min-width:min(38rem,var(--width));max-width:none}}",
  "@media (min-width:60.01rem){nav details::details-content{content-visibility:visible;display:block}}",
  // What is far away need not be laid out in a page that is long.
  "@media screen{.large .table,.large .part figure{content-visibility:auto;contain-intrinsic-size:auto 30rem}}",
  "@media print{@page{margin:16mm 14mm}body{font-size:10pt}.page{display:block;max-width:none;padding:0}nav,.tools button,.choose,.skip,thead button::after{display:none!important}.part{break-inside:auto}*{print-color-adjust:exact}h2,h3,h4,figcaption,.gallery .note{break-after:avoid}figure,.panel,.gallery li,tr{break-inside:avoid}.scroll,.panels{overflow:visible;max-height:none}.panel[hidden]{display:block!important}table{font-size:8pt}table.small td,table.small th{font-size:6pt;white-space:normal;overflow-wrap:anywhere;padding:.1rem .25rem}code.wrap{min-width:0}th,td{padding:.15rem .4rem}.facts{grid-template-columns:repeat(3,1fr)}tbody th{position:static}.graph svg{max-width:100%;height:auto}a{color:inherit;text-decoration:none}}",
].join("\n")
