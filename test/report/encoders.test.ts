import { describe, expect, it } from "@effect/vitest"
import { parseHTML } from "linkedom"
import * as Encoders from "../../src/report/encoders.ts"
import { page } from "../../src/report/html/page.ts"
import { encoders } from "../../src/report/provenance.ts"
import { plain } from "../../src/report/style.ts"
import { Converted } from "../../stages/precision/tables.ts"
import { reportOf } from "./html/made.ts"

const hash = `x1${"a".repeat(32)}`
const moco: Encoders.Encoder = {
  name: "checkpoint(moco)",
  index: 0,
  file: "moco_v2_800ep_pretrain.pth.tar",
  stage: "checkpoint",
  hashes: [hash],
  converted: undefined,
  providers: ["cpu"],
}
const half: Encoders.Encoder = {
  ...moco,
  name: "precision(moco fp16)",
  index: 1,
  converted: {
    precision: "fp16",
    bytesBefore: 94_000_000,
    bytes: 47_000_000,
    weights: 107,
    images: 16,
    drawn: "seeded",
    meanCosine: 0.99999991,
    leastCosine: 0.9999,
    deviation: 0.00123,
  },
  providers: ["cuda"],
}
const made: Encoders.Encoder = { ...moco, name: "hog", index: 2, file: undefined, stage: "hog", hashes: [] }

describe("the encoders that a node stands on", () => {
  it("are read by columns that converted encoders have", () => {
    expect(Converted).toMatchObject({ name: Encoders.Converted.name, columns: Encoders.Converted.columns })
  })

  it("have their file and its hash in the log, and what is unusual in how they compute", () => {
    expect(encoders([moco, half, made], plain)).toEqual([
      "",
      "encoders",
      `  checkpoint(moco)      moco_v2_800ep_pretrain.pth.tar  ${hash}`,
      `  precision(moco fp16)  moco_v2_800ep_pretrain.pth.tar  ${hash}  fp16, cuda`,
      "  hog                   made by hog",
      "",
      "precision(moco fp16) compared with float32",
      "  size                            94 MB -> 47 MB, 107 weights converted",
      "  cosine similarity of features   0.999999910 on average, 0.99990 at the least",
      "  largest deviation of a feature  0.12% of the largest one of its image",
      "  measured on                     16 images drawn from a seed",
    ])
    expect(encoders([], plain)).toEqual([])
  })

  const table = (rows: ReadonlyArray<Encoders.Encoder>) => {
    const text = page(reportOf({ models: 2 }, { encoders: { rows, sources: [], total: rows.length } }), {
      script: "",
      graph: "<svg></svg>",
    })
    return [...parseHTML(text).document.querySelectorAll("#encoders-table tr")].map((row) =>
      [...row.querySelectorAll("th, td")].map((cell) => (cell.textContent ?? "").trim()),
    )
  }

  it("have a table in the report, with as many columns as say something", () => {
    const file = "moco_v2_800ep_pretrain.pth.tar"
    expect(table([moco, made])).toEqual([
      ["encoder", "made from", "hash"],
      ["checkpoint(moco)", file, hash],
      ["hog", "made by hog", ""],
    ])
    const [head, , converted] = table([moco, half])
    expect(head?.slice(3)).toEqual(["precision, provider", "size", "mean cosine", "least cosine", "largest deviation"])
    expect(converted?.slice(3)).toEqual(["fp16, cuda", "94 MB → 47 MB", "0.999999910", "0.99990", "0.00123"])
    expect(table([made])).toEqual([
      ["encoder", "made from"],
      ["hog", "made by hog"],
    ])
    expect(table([])).toEqual([])
  })
})
