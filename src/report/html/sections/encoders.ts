import type { Encoder } from "../../encoders.ts"
import { bytes, nearOne } from "../../format.ts"
import { unusual } from "../../provenance.ts"
import type { Context } from "../figure.ts"
import { html, type Html } from "../Html.ts"
import { type Cell, type Head, number, table, text } from "../table.ts"

interface Column extends Head {
  readonly of: (encoder: Encoder) => Cell
}

const always: ReadonlyArray<Column> = [
  { name: "encoder", numeric: false, of: ({ name }) => text(name) },
  { name: "made from", numeric: false, of: ({ file, stage }) => text(file ?? `made by ${stage}`) },
]

const hashed: Column = {
  name: "hash",
  numeric: false,
  of: ({ hashes }) => ({ shown: html`${hashes.map((hash) => html`<code>${hash}</code> `)}`, value: hashes.join(" ") }),
}

const computed: Column = {
  name: "precision, provider",
  numeric: false,
  of: (encoder) => text(unusual(encoder).join(", ")),
}

const cosine = (value: number | undefined): Cell =>
  value === undefined ? number(Number.NaN) : { shown: nearOne(value), value }

const converted: ReadonlyArray<Column> = [
  {
    name: "size",
    numeric: false,
    of: ({ converted }) =>
      text(converted === undefined ? "" : `${bytes(converted.bytesBefore)} → ${bytes(converted.bytes)}`),
  },
  { name: "mean cosine", numeric: true, of: ({ converted }) => cosine(converted?.meanCosine) },
  { name: "least cosine", numeric: true, of: ({ converted }) => cosine(converted?.leastCosine) },
  { name: "largest deviation", numeric: true, of: ({ converted }) => number(converted?.deviation ?? Number.NaN, 5) },
]

/** The encoders: the files that they are from with their hashes, and what is unusual in how they compute. */
export const encodersTable = (context: Context): Html => {
  const { rows, sources } = context.report.encoders
  const fromFiles = rows.some(({ hashes }) => hashes.length > 0)
  const compared = rows.some((row) => row.converted !== undefined)
  const columns = [
    ...always,
    ...(fromFiles ? [hashed] : []),
    ...(rows.some((row) => unusual(row).length > 0) ? [computed] : []),
    ...(compared ? converted : []),
  ]
  const said = [
    ...(fromFiles ? ["A file is known by its hash (two xxHash64), whatever it is called."] : []),
    ...(compared
      ? [
          `In another precision than float32: the size, the cosine similarity of features with those in float32, and
          the largest difference of a feature, relative to the largest of its image.`,
        ]
      : []),
  ]
  return table(context, {
    id: "encoders-table",
    title: "What features were computed with",
    caption: said.join(" "),
    head: columns,
    rows: rows.map((row) => columns.map(({ of }) => of(row))),
    sources,
    node: "",
  })
}
