import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { optional, whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import { Features, Labels, Probe } from "../tables.ts"

/** How many numbers the first row has. */
const widthOf = Effect.fnUntraced(function* (
  batches: Stream.Stream<
    { readonly features: { readonly shape: ReadonlyArray<number> }; readonly id: ReadonlyArray<string> },
    StageError
  >,
) {
  const filled = Stream.filter(batches, ({ id }) => id.length > 0)
  const [first] = yield* Stream.runCollect(Stream.take(filled, 1))
  const width = first?.features.shape.reduce((product, side) => product * side, 1) ?? 0
  if (width === 0) {
    return yield* new StageError({
      message:
        first === undefined
          ? "there are no features: no row says how many logits there are"
          : "the features are 0 wide",
      hint: "the head takes the logits of at least one image: see the `output` of extract",
    })
  }
  return width
})

/**
 * The model's own head: the features are its logits (`output` of extract says
 * which output of the model that is), one a class, and the probe leaves them
 * as they are. Nothing is fitted, so labels may be left out; where they are
 * given they must be among the classes.
 */
export const head = Object.assign(
  whole("fitProbe", {
    module: import.meta,
    params: Schema.Struct({ protocol: Schema.Literal("head") }),
    inputs: { features: Features, labels: optional(Labels) },
    output: Probe,
    run: Effect.fnUntraced(function* ({ features, labels }) {
      const width = yield* widthOf(features.batches)
      yield* Stream.runForEach(
        labels?.batches ?? Stream.empty,
        Effect.fnUntraced(function* ({ id, labels }) {
          for (const [row, given] of labels.entries()) {
            const wrong = given.find((label) => label < 0 || label >= width)
            if (wrong === undefined) continue
            return yield* new StageError({
              message: `the label ${wrong} of the image ${id[row] ?? ""} is not one of the ${width} classes of the logits`,
              hint: "the features must be the model's logits, and the labels must count its classes: see the `output` of extract",
            })
          }
        }),
      )
      const g = Graph.make("head")
      g.output("scores", g.op("Identity", [g.input("features", "float32", ["rows", width])]), "float32", [
        "rows",
        width,
      ])
      return {
        protocol: ["head"],
        variant: ["final"],
        onnx: [yield* g.bytes],
        width: Int32Array.of(width),
        classes: Int32Array.of(width),
        setting: ["{}"],
        curve: [new Float32Array(0)],
        settings: ["[]"],
        losses: [new Float32Array(0)],
        heldOut: [new Float32Array(0)],
      }
    }),
  }),
  { source: "the model itself" },
)
