import { expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { names, type Unnamed } from "../../src/dsl/names.ts"

const draft = (stage: string, below: ReadonlyArray<number>, label?: string, canonical: Schema.Json = {}): Unnamed => ({
  stage: { name: stage },
  canonical,
  below,
  label,
})

it("says the stage and what it stands on", () => {
  const made = names([
    draft("images", [], "sketch"),
    draft("decode", [0]),
    draft("encoder", [], "hog"),
    draft("extract", [2, 1]),
    draft("aggregate", [3]),
    draft("bare", []),
  ])
  expect(made).toEqual([
    "images(sketch)",
    "decode(sketch)",
    "encoder(hog)",
    "extract(hog, sketch)",
    "aggregate(hog, sketch)",
    "bare",
  ])
})

it("says no subjects where there are too many", () => {
  const made = names([
    ...["a", "b", "c", "d", "e"].map((label) => draft("images", [], label)),
    draft("aggregate", [0, 1, 2, 3, 4]),
    draft("plot", [5]),
  ])
  expect(made.slice(5)).toEqual(["aggregate", "plot"])
})

it("tells nodes apart by the params in which they differ", () => {
  const made = names([
    draft("images", [], "val"),
    draft("crop", [0], undefined, { size: 3, mean: [0.5], how: "fast" }),
    draft("crop", [0], undefined, { size: 4, mean: [0.5], how: "fast" }),
    draft("crop", [0], undefined, { size: 4, mean: [0.5], how: "fast", pad: 1 }),
  ])
  expect(made.slice(1)).toEqual(["crop(val; size=3)", "crop(val; size=4)", "crop(val; size=4 pad=1)"])
})

it("says no params that only some have where others tell nodes apart", () => {
  const knn = { protocol: "knn/dino", k: 20, temperature: 0.07 }
  const linear = { protocol: "linear/cole", momentum: 0.9, epochs: 90, schedule: "cosine" }
  const fit = (params: Schema.Json) => draft("fitProbe", [], "hog", params)
  expect(names([fit({ ...linear, rate: 0.1 }), fit(knn)])).toEqual([
    "fitProbe(hog; protocol=linear/cole)",
    "fitProbe(hog; protocol=knn/dino)",
  ])
  expect(names([fit({ ...linear, rate: 0.1 }), fit(knn), fit({ ...linear, rate: 0.3 })])).toEqual([
    "fitProbe(hog; protocol=linear/cole rate=0.1)",
    "fitProbe(hog; protocol=knn/dino)",
    "fitProbe(hog; protocol=linear/cole rate=0.3)",
  ])
})

it("tells a number from the text of it", () => {
  const made = names([draft("a", [], undefined, { x: 1 }), draft("a", [], undefined, { x: "1" })])
  expect(made).toEqual(["a(x=1)", "a(x=1)#2"])
})

it("numbers what no param tells apart", () => {
  expect(names([draft("a", []), draft("a", []), draft("a", [])])).toEqual(["a", "a#2", "a#3"])
  expect(names([draft("a", []), draft("a#2", []), draft("a", [])])).toEqual(["a", "a#2", "a#3"])
})

const Text = Schema.Literals(["a", "b", "a#2", "a(b)", "", "x; y=1", "ü"])
const Draft = Schema.Struct({
  stage: Schema.Literals(["a", "b", "a#2"]),
  label: Schema.optionalKey(Text),
  canonical: Schema.Union([
    Schema.Record(Text, Schema.Union([Schema.Int, Text])),
    Schema.Null,
    Schema.Array(Schema.Int),
  ]),
  picks: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))),
})

it.prop(
  "names are unique, and the same for the same nodes",
  { drafts: Arbitrary.array(Arbitrary.schema(Draft), { maxLength: 25 }) },
  ({ drafts }) => {
    const made = drafts.map(({ canonical, label, picks, stage }, index) =>
      draft(stage, index === 0 ? [] : picks.map((pick) => pick % index), label, canonical),
    )
    const found = names(made)
    expect(found).toHaveLength(made.length)
    expect(new Set(found).size).toBe(made.length)
    expect(names(made)).toEqual(found)
    for (const [i, name] of found.entries()) expect(name.startsWith(made[i]?.stage.name ?? "?")).toBe(true)
  },
)

it("takes time in proportion to the nodes, however alike they are", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => draft("crop", [], "val", { size: i, how: "fast", mean: [0.5] }))
  const started = performance.now()
  expect(new Set(names(many)).size).toBe(many.length)
  expect(new Set(names(many.map((one) => ({ ...one, canonical: {} })))).size).toBe(many.length)
  expect(performance.now() - started).toBeLessThan(5000)
})
