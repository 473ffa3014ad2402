import { execFileSync } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { labelProbabilities } from "../../../stages/labels/labelProbabilities.ts"
import { runWhole, services } from "../../harness.ts"
import { folderWith } from "../sources/folderWith.ts"

type Rows = ReadonlyArray<ReadonlyArray<number>>

/** A file as `numpy.save` writes it. */
const npy = (rows: Rows, type: "<f4" | "<f8", fortran = false): Uint8Array => {
  const [height, width] = [rows.length, rows[0]?.length ?? 0]
  const text = `{'descr': '${type}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${height}, ${width}), }`
  const header = new TextEncoder().encode(`${text.padEnd(117)}\n`)
  const order = fortran ? Array.from({ length: width }, (_, x) => rows.map((row) => row[x] ?? 0)).flat() : rows.flat()
  const numbers = type === "<f4" ? Float32Array.from(order) : Float64Array.from(order)
  const start = Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0)
  return Buffer.concat([start, header, new Uint8Array(numbers.buffer)])
}

const labels = (files: Readonly<Record<string, string | Uint8Array>>, params: object) =>
  Effect.gen(function* () {
    const directory = yield* folderWith(files)
    const made = yield* runWhole(labelProbabilities, {}, params).pipe(Effect.provide(services({ directory })))
    return made.id.map((id, row) => [id, [...(made.labels[row] ?? [])]])
  })

const rows = [
  [0.5, 0.3, 0.2],
  [0.1, 0.1, 0.8],
  [0.19, 0.21, 0.6],
]
const expected = [
  ["test/1.png", [0, 1]],
  ["test/2.png", [2]],
  ["test/3.png", [1, 2]],
]

describe("labelProbabilities", () => {
  for (const type of ["<f4", "<f8"] as const) {
    for (const fortran of [false, true]) {
      it.effect(`a matrix of numpy, ${type}${fortran ? " column by column" : ""}: classes above the threshold`, () =>
        Effect.gen(function* () {
          const files = { "probs.npy": npy(rows, type, fortran) }
          expect(yield* labels(files, { file: "probs.npy", ids: "test/{i+1}.png", above: 0.2 + 1e-7 })).toEqual(
            expected,
          )
        }),
      )
    }
  }

  it.effect("what numpy itself saves", () =>
    Effect.gen(function* () {
      let bytes: Uint8Array
      try {
        const code = `import numpy,sys; numpy.save(sys.stdout.buffer, numpy.array(${JSON.stringify(rows)}))`
        bytes = execFileSync("/usr/bin/python3", ["-c", code], { stdio: ["ignore", "pipe", "ignore"] })
      } catch {
        return
      }
      const made = yield* labels({ "p.npy": bytes }, { file: "p.npy", ids: "test/{i+1}.png", above: 0.2 + 1e-7 })
      expect(made).toEqual(expected)
    }),
  )

  it.effect("CSV with ids; above 0 is every class with a share, and a row of zeros has none", () =>
    Effect.gen(function* () {
      const text = "id,forest,water,city\nb,0,0.4,0.6\na,1,0,0\nc,0,0,0\n"
      expect(yield* labels({ "cover.csv": text }, { file: "cover.csv", above: 0 })).toEqual([
        ["a", [0]],
        ["b", [1, 2]],
        ["c", []],
      ])
    }),
  )

  it.effect("what is wrong is said with the file and the row", () =>
    Effect.gen(function* () {
      const complaint = (files: Readonly<Record<string, string | Uint8Array>>, params: object) =>
        Effect.map(Effect.flip(labels(files, params)), (error) => {
          expect("file" in error && error.file).toContain("p.")
          return error.message
        })
      const csv = { file: "p.csv", above: 0.2 }
      expect(yield* complaint({ "p.csv": "id,a\nx,1.5\n" }, csv)).toBe(
        "line 2: the probability of class 0 is 1.5, not between 0 and 1",
      )
      expect(yield* complaint({ "p.csv": "id,a\nx,much\n" }, csv)).toBe('line 2: "much" is no probability')
      expect(yield* complaint({ "p.csv": "id,a\nx,1\nx,1\n" }, csv)).toBe('line 3: a second row for the id "x"')
      expect(yield* complaint({ "p.csv": "id,a\n" }, csv)).toBe("there are no rows in this file")
      const numpy = { file: "p.npy", above: 0.2, ids: "{i}" }
      expect(yield* complaint({ "p.npy": "text" }, numpy)).toBe("not a file of numpy (.npy)")
      expect(yield* complaint({ "p.npy": npy(rows, "<f4").subarray(0, 150) }, numpy)).toMatch(/22 bytes of numbers/)
      expect(yield* complaint({ "p.npy": npy(rows, "<f4") }, { file: "p.npy", above: 0.2 })).toMatch(/has no ids/)
    }),
  )
})
