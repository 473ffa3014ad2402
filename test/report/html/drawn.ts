/** Pages as a browser without script has them. */
import { parseHTML } from "linkedom"
import { page } from "../../../src/report/html/page.ts"
import type { Report } from "../../../src/report/html/Study.ts"

export const script = 'document.body.dataset.ran = "yes"'

export const draw = (report: Report) => {
  const text = page(report, { script, graph: '<svg id="dag"></svg>' })
  return { text, document: parseHTML(text).document }
}
export type Drawn = ReturnType<typeof draw>

export const words = (element: { readonly textContent: string | null } | null | undefined): string =>
  (element?.textContent ?? "").replaceAll(/\s+/g, " ").trim()

export const body = ({ document }: Drawn, id: string) =>
  [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => [...row.querySelectorAll("th, td")].map(words))

export const charts = ({ document }: Drawn, id: string): ReadonlyArray<string> =>
  [...document.querySelectorAll(`#${id} svg.chart`)].map((svg) => svg.getAttribute("aria-label") ?? "")
