/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { all, fileName, save, titleOf } from "./save.ts"

const valueOf = (cell: Element | undefined): string =>
  cell instanceof HTMLElement ? (cell.dataset["v"] ?? cell.textContent ?? "").trim() : ""

type Order = "ascending" | "descending"

/** Numbers by size, then text by its letters; what is empty comes last either way. */
const compare = (a: string, b: string, order: Order): number => {
  if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1
  const [left, right] = [Number(a), Number(b)]
  const sign = order === "ascending" ? 1 : -1
  return (
    sign *
    (Number.isFinite(left) && Number.isFinite(right) ? left - right : a.localeCompare(b, "en", { numeric: true }))
  )
}

const next = (order: string | null): Order | undefined =>
  order === null || order === "none" ? "ascending" : order === "ascending" ? "descending" : undefined

const sort = (
  body: HTMLTableSectionElement,
  original: ReadonlyArray<HTMLTableRowElement>,
  column: number,
  order?: Order,
) => {
  const rows =
    order === undefined
      ? original
      : original.toSorted((a, b) => compare(valueOf(a.cells[column]), valueOf(b.cells[column]), order))
  body.append(...rows)
}

/** Heads become buttons that sort: upwards, downwards, then as it was. */
export const sorts = (): void => {
  for (const table of all(HTMLTableElement, ".table table")) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])]
    const [body] = table.tBodies
    if (body === undefined) continue
    // The order of the page, kept for as long as nothing else fills the table.
    let original = [...body.rows]
    table.addEventListener("filled", () => {
      original = [...body.rows]
      for (const head of heads) head.removeAttribute("aria-sort")
    })
    heads.forEach((head, column) => {
      const button = head.querySelector("button")
      if (button === null) return
      button.disabled = false
      button.addEventListener("click", () => {
        const order = next(head.getAttribute("aria-sort"))
        for (const other of heads) other.removeAttribute("aria-sort")
        if (order !== undefined) head.setAttribute("aria-sort", order)
        sort(body, original, column, order)
      })
    })
  }
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** A table as CSV (RFC 4180): values in full, intervals in columns of their own. */
const csv = (table: HTMLTableElement): string => {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((head) => head.dataset["key"] ?? head.textContent ?? "")
  const rows = [...(table.tBodies[0]?.rows ?? [])].map((row) => [...row.cells])
  const withInterval = heads.map((_, at) => rows.some((cells) => cells[at]?.dataset["low"] !== undefined))
  const columns = heads.flatMap((head, at) =>
    withInterval[at] === true ? [head, `${head} low`, `${head} high`] : [head],
  )
  const lines = rows.map((cells) =>
    heads.flatMap((_, at) => {
      const cell = cells[at]
      const value = valueOf(cell)
      return withInterval[at] === true ? [value, cell?.dataset["low"] ?? "", cell?.dataset["high"] ?? ""] : [value]
    }),
  )
  return [columns, ...lines].map((line) => `${line.map(quoted).join(",")}\r\n`).join("")
}

/** Buttons that save a table as CSV, as it is sorted now. */
export const savesTables = (): void => {
  for (const button of all(HTMLButtonElement, "button[data-csv]")) {
    button.hidden = false
    button.addEventListener("click", () => {
      const section = document.getElementById(button.dataset["csv"] ?? "")
      const table = section?.querySelector("table")
      if (table instanceof HTMLTableElement)
        save(fileName(titleOf(section), "csv"), "text/csv;charset=utf-8", csv(table))
    })
  }
}
