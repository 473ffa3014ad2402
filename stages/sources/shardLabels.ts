import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Images, Labels, Manifest } from "../tables.ts"
import { ClassesParam, classOf, readClasses, some, stampClasses, strangersTo } from "./classNames.ts"

const Params = Schema.Struct({
  /** Field of a `.json` that has the label; `label` or else `cls` where nothing is said. */
  field: Schema.optionalKey(Schema.NonEmptyString),
  classes: Schema.optionalKey(ClassesParam),
})
type Params = typeof Params.Type

const isLabels = Schema.is(
  Schema.Union([Schema.Finite, Schema.String, Schema.Array(Schema.Union([Schema.Finite, Schema.String]))]),
)
const isRecord = Schema.is(Schema.Record(Schema.String, Schema.Unknown))

/** What belongs together has one key: the path up to the first dot of the name. */
const keyOf = (id: string) => {
  const name = id.lastIndexOf("/") + 1
  const dot = id.indexOf(".", name)
  return dot < 0 ? id : id.slice(0, dot)
}

/** What an annotation says, or a `problem`. */
const saidIn = (id: string, text: string, { field }: Params): { readonly value: unknown } | string => {
  if (!id.endsWith(".json")) return { value: text.trim() }
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value)) return "not a JSON object"
    const fields = field === undefined ? ["label", "cls"] : [field]
    const found = fields.find((name) => value[name] !== undefined)
    return found === undefined
      ? `no field ${fields.map((name) => JSON.stringify(name)).join(" or ")}`
      : { value: value[found] }
  } catch (cause) {
    return `not well-formed JSON: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

/**
 * Labels of images in tars from what lies beside them (WebDataset): an image and
 * its annotation have the same name up to the first dot (`0001.jpg`, `0001.cls`).
 * A `.json` has them in a `field`, anything else is a class number, or a name where
 * `classes` says which there are. Rows keep the order of the images. An image
 * without an annotation, two of one name and an unknown class are errors.
 */
export const shardLabels = whole("shardLabels", {
  module: import.meta,
  params: Params,
  inputs: { manifest: Manifest, annotations: Images },
  output: Labels,
  stamp: ({ classes }) => stampClasses(classes),
  run: Effect.fnUntraced(function* ({ manifest, annotations }, params: Params) {
    const classes = yield* readClasses(params.classes)
    const found = new Map<string, Int32Array>()
    const strangers = strangersTo(classes)
    yield* Stream.runForEach(annotations.batches, ({ id: ids, bytes }) =>
      Effect.gen(function* () {
        for (const [row, id] of ids.entries()) {
          const wrong = (problem: string) => new StageError({ message: `${JSON.stringify(id)}: ${problem}` })
          const said = saidIn(id, Buffer.from(bytes[row] ?? []).toString("utf8"), params)
          if (typeof said === "string") return yield* wrong(said)
          if (!isLabels(said.value)) return yield* wrong("neither a label nor a list of labels")
          const labels: Array<number> = []
          for (const one of typeof said.value === "object" ? said.value : [said.value]) {
            if (strangers.meets(one, JSON.stringify(id))) continue
            const label = classOf(classes, one)
            if (typeof label === "string") return yield* wrong(label)
            labels.push(label)
          }
          if (found.has(keyOf(id))) return yield* wrong("a second annotation of this name")
          found.set(keyOf(id), Int32Array.from(new Set(labels)))
        }
      }),
    )
    const problem = strangers.problem()
    if (problem !== undefined) return yield* new StageError({ message: problem })
    const used = new Set<string>()
    const without: Array<string> = []
    yield* Stream.runForEach(manifest.batches, ({ id: ids }) =>
      Effect.gen(function* () {
        for (const id of ids) {
          const key = keyOf(id)
          if (used.has(key)) return yield* new StageError({ message: `two images are called ${JSON.stringify(key)}` })
          used.add(key)
          if (!found.has(key)) without.push(id)
        }
      }),
    )
    if (without.length > 0) {
      return yield* new StageError({
        message: `${without.length} of ${used.size} images have no annotation beside them: ${some(without)}`,
        hint: "say with `label` how the names of annotations end",
      })
    }
    return Stream.map(manifest.batches, ({ id }) => ({
      id,
      labels: id.map((image) => found.get(keyOf(image)) ?? new Int32Array(0)),
    }))
  }),
})
