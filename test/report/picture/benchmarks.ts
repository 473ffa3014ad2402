/** Plans in the shape of a benchmark, of any size, and their pictures. */
import type { Plan, PlannedNode, State } from "../../../src/plan/State.ts"
import { type About, make, type Picture } from "../../../src/report/picture/Picture.ts"

interface Drafted {
  readonly name: string
  readonly table: string
  readonly rowWise: boolean
  readonly inputs: ReadonlyArray<string>
}

const tables = {
  draw: ["images", true],
  labels: ["labels", true],
  decode: ["decoded", true],
  preprocess: ["pixels", true],
  onnxFile: ["encoder", false],
  extract: ["features", true],
  fitProbe: ["probe", false],
  predict: ["predictions", true],
  score: ["scores", false],
  aggregate: ["leaderboard", false],
} as const

const draft = (
  stage: keyof typeof tables,
  subjects: ReadonlyArray<string>,
  inputs: ReadonlyArray<string>,
): Drafted => ({
  name: subjects.length === 0 ? stage : `${stage}(${subjects.join(", ")})`,
  table: tables[stage][0],
  rowWise: tables[stage][1],
  inputs,
})

/** So many encoders with a probe each, scored on so many sets. */
export const drafts = (encoders: number, sets: number): ReadonlyArray<Drafted> => {
  const models = Array.from({ length: encoders }, (_, at) => `encoder${at + 1}`)
  const scored = Array.from({ length: sets }, (_, at) => `set${at + 1}`)
  const all = ["train", ...scored]
  return [
    ...all.flatMap((set) => [
      draft("draw", [set], []),
      draft("labels", [set], []),
      draft("decode", [set], [`draw(${set})`]),
      draft("preprocess", [set], [`decode(${set})`]),
    ]),
    ...models.flatMap((model) => [
      draft("onnxFile", [model], []),
      ...all.map((set) => draft("extract", [model, set], [`onnxFile(${model})`, `preprocess(${set})`])),
      draft("fitProbe", [model, "train"], [`extract(${model}, train)`, "labels(train)"]),
      ...scored.flatMap((set) => [
        draft("predict", [model, "train", set], [`fitProbe(${model}, train)`, `extract(${model}, ${set})`]),
        draft("score", [model, set], [`predict(${model}, train, ${set})`, `labels(${set})`]),
      ]),
    ]),
    draft(
      "aggregate",
      [],
      models.flatMap((model) => scored.map((set) => `score(${model}, ${set})`)),
    ),
  ]
}

const stateOf = (name: string): State =>
  name.startsWith("decode")
    ? { _tag: "streamed" }
    : name === "extract(encoder2, set1)"
      ? { _tag: "stale", reason: "param crop 48 -> 56" }
      : name === "extract(encoder2, set2)"
        ? { _tag: "failed", message: "no output <embedding>\nit has: logits" }
        : name.includes("encoder2") && /^(predict|score)/.test(name)
          ? { _tag: "waiting", for: ["extract(encoder2, set1)"] }
          : { _tag: "fresh" }

/** The plan of such a benchmark, with a few nodes that are not fresh. */
export const plan = (all: ReadonlyArray<Drafted>): Plan => {
  const at = new Map(all.map(({ name }, index) => [name, index]))
  return {
    pipeline: "lottery",
    nodes: all.map(({ inputs, name }): PlannedNode => ({
      name,
      stage: name.replace(/\(.*/, ""),
      state: stateOf(name),
      shards: undefined,
      inputs: inputs.flatMap((input) => at.get(input) ?? []),
      target: name === "aggregate" ? "table" : undefined,
    })),
  }
}

const about = ({ rowWise, table }: Drafted): About => ({
  kind: { table, rowWise },
  figures: { seconds: 1.25, rows: 512, bytes: 4_100_000 },
})

/** The picture of such a benchmark. */
export const benchmark = (encoders: number, sets: number): Picture => {
  const all = drafts(encoders, sets)
  return make(plan(all), all.map(about))
}
