/** A world small enough to be computed in seconds: four encoders, four sets, of which one is a folder of files. */
import * as Effect from "effect/Effect"
import sharp from "sharp"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { cutter, Rule } from "../../src/run/Shards.ts"
import { compose } from "../../stages/miniature/compose.ts"
import { render } from "../../stages/miniature/render.ts"
import { random } from "../../stages/random.ts"
import type { Project } from "./project.ts"

/** The models compared, as the pipeline calls them. */
export const models = ["tinyImage", "colourHistogram", "hog", "own"] as const
export type Model = (typeof models)[number]
/** Nodes of a model are named after its encoder; that of the file is called as the file is. */
export const encoderOf = { tinyImage: "tinyImage", colourHistogram: "colourHistogram", hog: "hog", own: "encoder" }

const classes = 20
const validationRows = 8 * classes

const pipeline = `import { type Node, Pipeline } from "./src/index.ts"
import {
  aggregate, decode, type Encoder, extract, fitProbe, folderLabels, imageFolder, labelsCsv, onnxFile, predict,
  preprocess, score,
} from "./stages/index.ts"
import * as miniature from "./stages/miniature/index.ts"

const drawn = (set: "train" | "validation" | "pool", perClass: number): miniature.ImageSet => ({
  images: miniature.draw({ set, perClass, seed: 7, size: 48 }),
  labels: miniature.labels({ set, perClass, seed: 7, rule: "single" }),
})
const train = drawn("train", 12)
const pool = drawn("pool", 16)
const validation = drawn("validation", 8)
const relabelled = { images: validation.images, labels: labelsCsv({ file: "relabelled.csv" }) }
const files = imageFolder({ dir: "folder" })
const folder = { images: files.images, labels: folderLabels(files.manifest) }

const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), { resize: 64, crop: 56 })

const encoders = {
  tinyImage: miniature.tinyImage(),
  colourHistogram: miniature.colourHistogram(),
  hog: miniature.hog(),
  own: onnxFile({ file: "encoder.onnx" }),
}

const model = (encoder: Node.Node<typeof Encoder>) => {
  const features = (set: miniature.ImageSet) => extract({ encoder, pixels: pixels(set) })
  const probe = fitProbe({ features: features(train), labels: train.labels }, { normalise: "standardise" })
  return (set: miniature.ImageSet) => predict({ probe, features: features(set) })
}

const adversarial = miniature.adversarial(model(miniature.randomConv({ depth: 1, seed: 1 }))(pool), pool)
const evaluation = { validation, relabelled, folder, adversarial }

const scores = Object.entries(encoders).flatMap(([name, encoder]) => {
  const predictions = model(encoder)
  return Object.entries(evaluation).map(([set, images]) =>
    score({ predictions: predictions(images), labels: images.labels }, { model: name, set }),
  )
})

export default Pipeline.main(import.meta, "small-world", { table: aggregate(scores, { reference: "validation" }) })
`

/** Two models on one set of the same world: the least that makes a table. */
const pair = `import { Pipeline } from "./src/index.ts"
import { aggregate, decode, extract, fitProbe, predict, preprocess, score } from "./stages/index.ts"
import * as miniature from "./stages/miniature/index.ts"

const drawn = (set: "train" | "validation", perClass: number) => ({
  images: miniature.draw({ set, perClass, seed: 8, size: 48 }),
  labels: miniature.labels({ set, perClass, seed: 8, rule: "single" }),
})
const [train, validation] = [drawn("train", 8), drawn("validation", 4)]
const scores = Object.entries({ hog: miniature.hog(), tinyImage: miniature.tinyImage() }).map(([model, encoder]) => {
  const features = ({ images }: typeof train) =>
    extract({ encoder, pixels: preprocess(decode(images), { resize: 64, crop: 56 }) })
  const probe = fitProbe({ features: features(train), labels: train.labels })
  const predictions = predict({ probe, features: features(validation) })
  return score({ predictions, labels: validation.labels }, { model, set: "validation" })
})

export default Pipeline.main(import.meta, "pair", { table: aggregate(scores) })
`

/** An encoder with random weights, others for another seed: means over a grid, then one layer. */
export const encoder = (seed: number): Promise<Uint8Array> => {
  const g = Graph.make("own")
  const pixels = g.input("pixels", "uint8", ["rows", 56, 56, 3])
  const planes = g.op("Transpose", [g.op("Cast", [pixels], { to: 1 })], { perm: [0, 3, 1, 2] })
  const cells = g.op("Flatten", [g.op("AveragePool", [planes], { kernel_shape: [7, 7], strides: [7, 7] })])
  const { normal } = random(`own/${seed}`)
  const weights = Tensor.float32(
    [3 * 64, 48],
    Array.from({ length: 3 * 64 * 48 }, () => normal() / 256),
  )
  g.output("features", g.op("Relu", [g.op("MatMul", [cells, g.constant(weights)])]), "float32", ["rows", 48])
  return Effect.runPromise(g.bytes)
}

/** JPEG bytes of one of the world's images. */
export const image = (index: number): Promise<Uint8Array> => render(sharp, compose(9, "validation", index), 48)

/** Labels of the validation images as a CSV file; a quarter of them moved on by some classes. */
export const labelsFile = (shift: number): string =>
  [
    "id,label",
    ...Array.from({ length: validationRows }, (_, index) => {
      const label = (index + (index % 4 === 0 ? shift : 0)) % classes
      return `validation/${String(index).padStart(5, "0")},${label}`
    }),
  ].join("\n")

const perClass = 53
/** Where the folder's listing is cut: 512 rows from its start and its end at least, not at the end of a class's folder. */
const border = 520

const cuts = (ids: ReadonlyArray<string>) => cutter(Rule.defaultValue())(ids)

/**
 * Ids of the folder's images, a folder a class. A shard ends where an id's hash
 * is the largest near it, so the name of one of them is chosen to make two shards.
 */
const folderIds = (): ReadonlyArray<string> => {
  const ids = Array.from({ length: classes * perClass }, (_, at) => {
    const [label, index] = [Math.floor(at / perClass), at % perClass]
    return `${String(label).padStart(2, "0")}/${String(index).padStart(4, "0")}`
  })
  for (let n = 0; ; n++) {
    const named = ids.map((id, at) => (at === border ? `${id}-${n}.jpg` : `${id}.jpg`))
    if (cuts(named).join() === `${border + 1}`) return named
  }
}

/** Writes the world's files into a project: two pipelines, an encoder, labels, a folder of images. */
export const writeWorld = async (project: Project): Promise<void> => {
  project.write("pipeline.ts", pipeline)
  project.write("pair.ts", pair)
  project.write("encoder.onnx", await encoder(0))
  project.write("relabelled.csv", labelsFile(0))
  const images = await Promise.all(Array.from({ length: 3 * classes }, (_, index) => image(index)))
  folderIds().forEach((id, at) => {
    const label = Math.floor(at / perClass)
    const bytes = images[label + classes * (at % 3)]
    if (bytes !== undefined) project.write(`folder/${id}`, bytes)
  })
}
