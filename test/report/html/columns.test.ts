import { describe, expect, it } from "@effect/vitest"
import * as Columns from "../../../src/report/html/columns.ts"
import * as Statistics from "../../../stages/statistics/tables.ts"
import * as Tables from "../../../stages/tables.ts"
import type { Table } from "../../../src/arrow/Table.ts"

const wanted: Readonly<Record<string, unknown>> = Columns
const given: Readonly<Record<string, Table>> = { ...Tables, ...Statistics }

describe("the columns that a report needs", () => {
  it.each(Object.keys(wanted).filter((name) => name !== "fits"))("are in the table that stages give: %s", (name) => {
    const [needed, table] = [wanted[name], given[name]]
    expect(table).toBeDefined()
    if (typeof needed !== "object" || needed === null || !("columns" in needed) || table === undefined) return
    expect(table.columns).toMatchObject(needed.columns ?? {})
    expect(needed).toMatchObject({ name: table.name, rowWise: table.rowWise })
  })

  it("are not found in a table of another name or without one of them", () => {
    expect(Columns.fits(Columns.Verdicts, Statistics.Verdicts)).toBe(true)
    expect(Columns.fits(Columns.Probe, Tables.Probe)).toBe(true)
    expect(Columns.fits(Columns.Verdicts, { ...Statistics.Verdicts, name: "other" })).toBe(false)
    expect(Columns.fits(Columns.Verdicts, { ...Statistics.Verdicts, columns: { kind: "utf8" } })).toBe(false)
  })
})
