import { describe, expect, it } from "@effect/vitest"
import { make } from "../../../src/report/picture/Picture.ts"
import { heading, subtitle } from "../../../src/report/picture/size.ts"
import { members, ofBox } from "../../../src/report/picture/words.ts"
import { lottery } from "../plans.ts"
import { benchmark } from "./benchmarks.ts"

const boxes = (picture: ReturnType<typeof benchmark>) => new Map(picture.boxes.map((box) => [heading(box), box]))

describe("a picture", () => {
  it("folds a stage to a box that says of what: encoders by sets", () => {
    const picture = benchmark(12, 6)
    expect([...boxes(picture)].map(([title, box]) => `${title}: ${subtitle(box)}`)).toEqual([
      "draw: 7 sets · 7 nodes",
      "labels: 7 sets · 7 nodes",
      "onnxFile: 12 encoders · 12 nodes",
      "decode: 7 sets · 7 nodes",
      "preprocess: 7 sets · 7 nodes",
      "extract: 12 encoders × 7 sets · 84 nodes",
      "fitProbe(*, train): 12 encoders · 12 nodes",
      "predict(*, train, *): 12 encoders × 6 sets · 72 nodes",
      "score: 12 encoders × 6 sets · 72 nodes",
      "aggregate: ",
    ])
    expect(picture.edges).toHaveLength(11)
  })

  it("lays an unfolded box out with a row an encoder and a column a set", () => {
    const picture = benchmark(3, 2)
    const box = boxes(picture).get("extract")
    expect(box?.grid).toMatchObject({
      columnHeads: ["train", "set1", "set2"],
      rowHeads: ["encoder1", "encoder2", "encoder3"],
      columns: 3,
      rows: 3,
    })
    const cell = box?.grid.cells.find(({ column, row }) => column === 2 && row === 1)
    expect(picture.nodes[cell?.node ?? -1]?.name).toBe("extract(encoder2, set2)")
  })

  it("tells of a box how many nodes are in which state, what they came to and the reasons", () => {
    const picture = benchmark(8, 6)
    const box = boxes(picture).get("extract")
    expect(box === undefined ? [] : ofBox(picture, box)).toEqual([
      "extract",
      "8 encoders × 7 sets, 56 nodes",
      "54 fresh, 1 stale, 1 failed",
      "1:10, 28,672 rows, 230 MB",
      "stale: param crop 48 -> 56",
      "failed: no output <embedding>\nit has: logits",
    ])
  })

  it("leaves no node out, and folds what differs in more than a name apart", () => {
    const picture = make(lottery, [])
    const shown = picture.boxes.flatMap((box) => members(picture, box).map(({ name }) => name))
    expect(shown.toSorted()).toEqual(lottery.nodes.map(({ name }) => name).toSorted())
    expect(picture.boxes.map(({ title }) => title)).toEqual([
      "images(val)",
      "decode(val)",
      "extract",
      "score",
      "aggregate",
    ])
  })

  it("makes one box of stages that give the same thing to the same stages, called by what they give", () => {
    const node = (name: string, inputs: ReadonlyArray<number>) => ({
      name,
      stage: name.replace(/\(.*/, ""),
      state: { _tag: "fresh" as const },
      shards: undefined,
      inputs,
      target: undefined,
    })
    const nodes = [node("hog", []), node("gabor", []), node("extract(hog)", [0]), node("extract(gabor)", [1])]
    const kinds = ["encoder", "encoder", "features", "features"]
    const picture = make(
      { pipeline: "p", nodes },
      kinds.map((table) => ({ kind: { table, rowWise: table === "features" }, figures: {} })),
    )
    expect(picture.boxes.map((box) => [box.title, box.pattern, box.dims])).toEqual([
      ["encoders", "hog, gabor", ""],
      ["extract", "", "2 encoders"],
    ])
    expect(picture.boxes[0]?.grid.cells.map(({ text }) => text)).toEqual(["hog", "gabor"])
  })

  it("lays out by encoder and set where some nodes are about one thing more than others", () => {
    const named = ["a", "b", "c"].flatMap((model) => [`out(${model}, train, v1)`, `out(${model}, train, v2, v2 real)`])
    const nodes = named.map((name) => ({
      name,
      stage: "out",
      state: { _tag: "fresh" as const },
      shards: undefined,
      inputs: [],
      target: undefined,
    }))
    const [box] = make({ pipeline: "p", nodes }, []).boxes
    expect([box?.pattern, box?.grid.rowHeads, box?.grid.columnHeads]).toEqual([
      "(*, train, *)",
      ["a", "b", "c"],
      ["v1", "v2, v2 real"],
    ])
  })
})
