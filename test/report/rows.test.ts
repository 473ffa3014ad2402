import { describe, expect, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Table from "../../src/arrow/Table.ts"
import { csv, head, json, rowsOf } from "../../src/report/rows.ts"
import { plain } from "../../src/report/style.ts"

const All = Table.rows("all", {
  id: "utf8",
  bytes: "binary",
  count: "int32",
  value: "float64",
  labels: "int32s",
  scores: "float32s",
  features: "float32Tensor",
  pixels: "uint8Tensor",
})

const batch: Table.Batch<typeof All> = {
  id: ["a", 'with "quotes", and\na line break'],
  bytes: [Uint8Array.of(1, 2, 255), new Uint8Array(0)],
  count: Int32Array.of(1, -2),
  value: Float64Array.of(0.1 + 0.2, Number.NaN),
  labels: [Int32Array.of(3, 4), new Int32Array(0)],
  scores: [Float32Array.of(0.5), Float32Array.of(1, 2, 3, 4, 5, 6, 7)],
  features: { shape: [2], data: Float32Array.of(1, 2, 3, Number.POSITIVE_INFINITY) },
  pixels: { shape: [1, 2, 3], data: Uint8Array.from({ length: 12 }, (_, at) => at) },
}
const rows = rowsOf(All, batch)

describe("the head of a table", () => {
  it("shows some rows for the eye and says how many there are", () => {
    const lines = head(All, rows, 1240, plain)
    expect(lines[0]).toMatch(/^id +bytes +count +value +labels +scores +features +pixels$/)
    expect(lines[1]).toMatch(/^a +3 bytes +1 +0\.3 +\[3, 4\] +\[0\.5\] +\[1, 2\] +1×2×3 \[0, 1, 2, 3, 4, 5\]$/)
    expect(lines[2]).toContain("[1, 2, 3, 4, 5, 6, … 7 in all]")
    expect(lines[2]).toContain('with "quotes", and a line break')
    expect(lines.at(-1)).toBe("… 1,238 rows more")
    expect(head(All, rows, 2, plain).at(-1)).toBe("2 rows")
  })
})

describe("machine-readable rows", () => {
  const text = (pieces: Stream.Stream<string>) => Effect.map(Stream.runCollect(pieces), (all) => all.join(""))

  it.effect("are one JSON array: bytes in base64, tensors nested, null for what is not a number", () =>
    Effect.gen(function* () {
      const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))
      expect(decode(yield* text(json(All, Stream.fromIterable(rows))))).toEqual([
        {
          id: "a",
          bytes: "AQL/",
          count: 1,
          value: 0.1 + 0.2,
          labels: [3, 4],
          scores: [0.5],
          features: [1, 2],
          pixels: [
            [
              [0, 1, 2],
              [3, 4, 5],
            ],
          ],
        },
        {
          id: 'with "quotes", and\na line break',
          bytes: "",
          count: -2,
          value: null,
          labels: [],
          scores: [1, 2, 3, 4, 5, 6, 7],
          features: [3, null],
          pixels: [
            [
              [6, 7, 8],
              [9, 10, 11],
            ],
          ],
        },
      ])
      expect(decode(yield* text(json(All, Stream.empty)))).toEqual([])
    }),
  )

  it.effect("are CSV that a parser reads back", () =>
    Effect.gen(function* () {
      const parsed: ReadonlyArray<ReadonlyArray<string>> = parse(yield* text(csv(All, Stream.fromIterable(rows))))
      expect(parsed[0]).toEqual(Object.keys(All.columns))
      expect(parsed[1]).toEqual(["a", "AQL/", "1", `${0.1 + 0.2}`, "[3,4]", "[0.5]", "[1,2]", "[[[0,1,2],[3,4,5]]]"])
      expect(parsed[2]?.[0]).toBe('with "quotes", and\na line break')
      expect(parsed[2]?.[3]).toBe("NaN")
    }),
  )
})
