import { join } from "node:path"
import { readFileSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parquetWriteFile } from "hyparquet-writer"
import { imageParquet } from "../../../stages/sources/imageParquet.ts"
import { carried, complaintOf, labelsIn } from "./carried.ts"
import { folderWith } from "./folderWith.ts"

const bytesOf = (i: number) => Uint8Array.from({ length: 300 + i }, (_, at) => (at * at + i * 31) % 251)

const features = {
  info: { features: { image: { _type: "Image" }, label: { names: ["cat", "dog", "elk"], _type: "ClassLabel" } } },
}

/** A file as Hugging Face writes it: a struct of bytes and path, class numbers, the classes' names in the metadata. */
const write = (
  filename: string,
  labels: ReadonlyArray<number | null>,
  options: { readonly first?: number; readonly names?: boolean } = {},
) => {
  const { first = 0, names = true } = options
  parquetWriteFile({
    filename,
    columnData: [
      { name: "image", data: labels.map((_, i) => ({ bytes: bytesOf(first + i), path: `folder/${first + i}.jpg` })) },
      { name: "label", data: labels.map((label) => (label === null ? null : BigInt(label))) },
    ],
    schema: [
      { name: "root", num_children: 2 },
      { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      { name: "label", type: "INT64", repetition_type: "OPTIONAL" },
    ],
    rowGroupSize: 2,
    kvMetadata: names ? [{ key: "huggingface", value: JSON.stringify(features) }] : [],
  })
}

describe("imageParquet", () => {
  it.effect("reads images, labels and class names from several files of several row groups", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({})
      const file = [join(folder, "val-00000.parquet"), join(folder, "val-00001.parquet")] as const
      write(file[0], [2, 0, 1, 1, null])
      write(file[1], [0, 2, 1], { first: 5 })
      const set = imageParquet({ file })
      const ids = Array.from({ length: 8 }, (_, i) => `val-0000${i < 5 ? 0 : 1}/000000${i % 5}/${i}.jpg`)
      const images = yield* carried(set.images)
      assert.deepStrictEqual(images.id, ids)
      assert.deepStrictEqual(
        images.bytes.map((bytes) => [...bytes]),
        ids.map((_, i) => [...bytesOf(i)]),
      )
      const labels = [[2], [0], [1], [1], [], [0], [2], [1]]
      assert.deepStrictEqual(
        yield* labelsIn(set.labels),
        ids.map((id, i) => [id, ...(labels[i] ?? [])]),
      )
      assert.deepStrictEqual((yield* carried(set.classes)).name, ["cat", "dog", "elk"])
    }),
  )

  it.effect(
    "a missing column, a class out of range, missing names and a damaged file are errors that name the file",
    () =>
      Effect.gen(function* () {
        const folder = yield* folderWith({ "text.parquet": "this is text, and no Parquet" })
        const file = join(folder, "a.parquet")
        write(file, [0, 1, 7])
        assert.match(
          yield* complaintOf(imageParquet({ file, image: "img" }).manifest),
          /no column "img"; there are image, label.*a\.parquet$/u,
        )
        assert.match(
          yield* complaintOf(imageParquet({ file }).labels),
          /row 2: class 7 is out of range \(0 to 2\).*a\.parquet$/u,
        )
        write(file, [0], { names: false })
        assert.match(
          yield* complaintOf(imageParquet({ file }).classes),
          /no class names for the column "label".*a\.parquet$/u,
        )
        write(file, [0, 1, 2])
        writeFileSync(file, readFileSync(file).subarray(0, 400))
        assert.match(yield* complaintOf(imageParquet({ file }).manifest), /cannot be read.*a\.parquet$/u)
        const text = join(folder, "text.parquet")
        assert.match(yield* complaintOf(imageParquet({ file: text }).manifest), /cannot be read.*text\.parquet$/u)
      }),
  )
})
