/** A benchmark of coloured squares: their labels, pictures that are never kept, and models that guess. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import sharp from "sharp"
import { Node, RowError, Stage } from "../../../../src/index.ts"
import { aggregate } from "../../../../stages/aggregate.ts"
import { fitProbe } from "../../../../stages/fitProbe.ts"
import { predict } from "../../../../stages/predict.ts"
import { score } from "../../../../stages/score.ts"
import { Classes, Features, Images, Labels, Predictions, Probe } from "../../../../stages/tables.ts"

const colours = ["red", "green", "blue", "black"]

/** `count` squares of four classes in turn. */
export const squares = Stage.whole("squares", {
  module: import.meta,
  params: Schema.Struct({ set: Schema.String, count: Schema.Int }),
  inputs: {},
  output: Labels,
  label: ({ set }) => set,
  run: (_, { count, set }) =>
    Effect.succeed({
      id: Array.from({ length: count }, (_, at) => `${set}/${String(at).padStart(3, "0")}`),
      labels: Array.from({ length: count }, (_, at) => Int32Array.of(at % colours.length)),
    }),
})

/** How many pictures were painted, by id. */
export const painted = new Map<string, number>()

/** Their pictures, painted whenever someone asks. Those at `broken` are no pictures; those at `bad` are left out. */
export const paint = Stage.each("paint", {
  module: import.meta,
  params: Schema.Struct({ broken: Schema.Array(Schema.String), bad: Schema.Array(Schema.String) }),
  inputs: { labels: Labels },
  output: Images,
  over: "labels",
  persist: "never",
  onBadRow: () => "skip",
  open: (_, { bad, broken }) =>
    Effect.succeed(({ id, labels }) =>
      bad.includes(id)
        ? Effect.fail(new RowError({ reason: "the file is empty" }))
        : Effect.promise(async () => {
            painted.set(id, (painted.get(id) ?? 0) + 1)
            if (broken.includes(id)) return { id, bytes: Uint8Array.of(1, 2, 3) }
            const background = colours[labels[0] ?? 0] ?? "white"
            const bytes = await sharp({ create: { width: 300, height: 200, channels: 3, background } })
              .png()
              .toBuffer()
            return { id, bytes: new Uint8Array(bytes) }
          }),
    ),
})

/** A probe with a loss curve. */
export const fit = Stage.whole("fit", {
  module: import.meta,
  params: Schema.Struct({ seed: Schema.Int }),
  inputs: {},
  output: Probe,
  run: (_, { seed }) =>
    Effect.succeed({
      protocol: ["by hand"],
      variant: ["final"],
      onnx: [Uint8Array.of(seed)],
      width: Int32Array.of(1),
      classes: Int32Array.of(colours.length),
      setting: ['{"rate":0.1}'],
      curve: [Float32Array.of(2, 1, 0.5)],
      settings: [
        JSON.stringify([
          { setting: { rate: 0.1 }, heldOut: 0.5, stopped: null },
          { setting: { rate: 10 }, heldOut: null, stopped: "given up in epoch 1" },
        ]),
      ],
      losses: [new Float32Array(0)],
      heldOut: [new Float32Array(0)],
    }),
})

/** Guesses that are right but for one in `every`, beginning at `from`. */
export const guess = Stage.rows("guess", {
  module: import.meta,
  params: Schema.Struct({ every: Schema.Int, from: Schema.Int }),
  inputs: { images: Images, probe: Probe },
  output: Predictions,
  over: "images",
  open: (_, { every, from }) =>
    Effect.succeed(({ id }) => {
      const first = (image: string) => {
        const at = Number(image.split("/")[1])
        return (at % colours.length) + (at % every === from ? 1 : 0)
      }
      return Effect.succeed({
        id,
        top: id.map((image) => Int32Array.of(first(image) % colours.length, 3)),
        score: id.map(() => Float32Array.of(2, 1)),
        rank: new Int32Array(id.length),
      })
    }),
})

/** A direction for each class; every image three before a multiple of `blind` is taken for the class after its own. */
export const see = Stage.rows("see", {
  module: import.meta,
  params: Schema.Struct({ blind: Schema.Int }),
  inputs: { images: Images },
  output: Features,
  over: "images",
  open: (_, { blind }) =>
    Effect.succeed(({ id }) => {
      const data = new Float32Array(id.length * colours.length)
      for (const [row, image] of id.entries()) {
        const at = Number(image.split("/")[1])
        data[row * colours.length + ((at % colours.length) + (at % blind === blind - 3 ? 1 : 0))] = 1
      }
      return Effect.succeed({ id, features: { shape: [colours.length], data } })
    }),
})

/** Two models under two protocols, each on the same squares. */
export const protocolsBenchmark = () => {
  const labels = squares({ set: "near", count: 40 })
  const images = paint(labels, { bad: [], broken: [] })
  const scores = Object.entries({ good: 1000, poor: 8 }).flatMap(([model, blind]) => {
    const features = Node.named(see({ images }, { blind }), model)
    return [{ protocol: "linear/cole", epochs: 3 } as const, { protocol: "knn/dino", k: 3 } as const].map((params) => {
      const predictions = predict({ probe: fitProbe({ features, labels }, params), features, labels })
      return score({ predictions, labels }, { model, set: params.protocol })
    })
  })
  return { table: aggregate(scores, { reference: "linear/cole" }) }
}

/** The names of the classes. */
export const names = Stage.whole("names", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: {},
  output: Classes,
  run: () => Effect.succeed({ name: colours }),
})

/** Two models on two sets, and what a pipeline of them gives. */
export const squaresBenchmark = (
  options: { readonly broken?: ReadonlyArray<string>; readonly bad?: ReadonlyArray<string> } = {},
) => {
  const { bad = [], broken = [] } = options
  const sets = ["near", "far"].map((set) => {
    const labels = squares({ set, count: 40 })
    return { set, labels, images: paint(labels, { bad, broken }) }
  })
  const models = [
    { model: "good", every: 10, from: 3 },
    { model: "poor", every: 4, from: 1 },
  ]
  const scores = models.flatMap(({ every, from, model }, seed) => {
    const probe = Node.named(fit({ seed }), model)
    return sets.map(({ images, labels, set }) =>
      score(
        { predictions: guess({ images, probe }, { every, from }), labels },
        { model, set, metrics: ["top1", "per-class"] },
      ),
    )
  })
  return { table: aggregate(scores, { reference: "near" }), names: names({}) }
}
