/**
 * Edges that must compile and edges that must not: checked with the rest of the
 * project, and by `types.test.ts`, which takes the expectations away.
 */
import { Node, Pipeline } from "../src/index.ts"
import { aggregate } from "../stages/aggregate.ts"
import { decode } from "../stages/decode.ts"
import { extract } from "../stages/extract.ts"
import { fitProbe } from "../stages/fitProbe.ts"
import { predict } from "../stages/predict.ts"
import { preprocess } from "../stages/preprocess.ts"
import { score } from "../stages/score.ts"
import { folderClasses } from "../stages/sources/folderClasses.ts"
import { folderLabels } from "../stages/sources/folderLabels.ts"
import { labelsCsv } from "../stages/sources/labelsCsv.ts"
import type { Encoder, Features, Images, Manifest, Predictions, Probe, Scores } from "../stages/tables.ts"

declare const manifest: Node.Node<typeof Manifest>
declare const images: Node.Node<typeof Images>
declare const encoder: Node.Node<typeof Encoder>

// What fits compiles, and each stage gives a node of its own table.
const decoded = decode(images)
const pixels = preprocess(decoded, { resize: 64, crop: 56 })
const features: Node.Node<typeof Features> = extract({ encoder, pixels })
const labels = folderLabels(manifest)
const probe: Node.Node<typeof Probe> = fitProbe({ features, labels })
const predictions: Node.Node<typeof Predictions> = predict({ probe, features })
const scores: Node.Node<typeof Scores> = score({ predictions, labels }, { model: "hog", set: "sketch" })
const table = aggregate([scores, scores])
Pipeline.main(import.meta, "types", { table, named: Node.named(table, "lottery") })
aggregate({ scores: [scores] }, { reference: "validation" })
decode({ images })
predict({ probe, features, labels }, { top: 10 })
folderLabels({ manifest, classes: folderClasses(manifest) }, { depth: 1 })
labelsCsv({ file: "labels.csv" })

// Nodes of another table.
// @ts-expect-error labels are not features
fitProbe({ features: labels, labels })
// @ts-expect-error features are not labels
fitProbe({ features, labels: features })
// @ts-expect-error features are not predictions
score({ predictions: features, labels }, { model: "hog", set: "sketch" })
// @ts-expect-error a probe is not an encoder
extract({ encoder: probe, pixels })
// @ts-expect-error images that were not decoded are not pixels of any size
preprocess(images, { resize: 64 })
// @ts-expect-error labels are not images: the only input, given by itself
decode(labels)
// @ts-expect-error images are not a manifest: the only input that is needed, given by itself
folderLabels(images)
// @ts-expect-error labels are not classes: an input that may be left out
folderLabels({ manifest, classes: labels })

// Inputs that are missing, unknown or of the wrong number.
// @ts-expect-error there are no pixels
extract({ encoder })
// @ts-expect-error the input is called pixels
extract({ encoder, pixel: pixels })
// @ts-expect-error there is no input named labels
extract({ encoder, pixels, labels })
// @ts-expect-error two inputs are needed, so a node by itself says nothing
score(predictions, { model: "hog", set: "sketch" })
// @ts-expect-error a list is needed, not one node
aggregate(scores)
// @ts-expect-error a list of scores, not of labels
aggregate([scores, labels])
// @ts-expect-error one node is needed, not a list
decode([images])
// @ts-expect-error a stage is not a node: it has not been applied
aggregate([score])
// @ts-expect-error a source takes params alone
labelsCsv({ manifest }, { file: "labels.csv" })

// Params that are missing, unknown or of the wrong type.
// @ts-expect-error model and set are required
score({ predictions, labels })
// @ts-expect-error set is required
score({ predictions, labels }, { model: "hog" })
// @ts-expect-error there is no such metric
score({ predictions, labels }, { model: "hog", set: "sketch", metrics: ["top2"] })
// @ts-expect-error a file is required
labelsCsv()
// @ts-expect-error a number is needed
preprocess(decoded, { resize: "64" })
// @ts-expect-error there is no such param
preprocess(decoded, { resize: 64, crops: 56 })

// Targets of a pipeline.
// @ts-expect-error a target is a node, not a stage
Pipeline.main(import.meta, "types", { table: aggregate })
// @ts-expect-error a target is a node, not a list
Pipeline.main(import.meta, "types", { table: [scores] })
