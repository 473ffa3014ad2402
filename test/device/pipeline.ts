/** Extracts, fits probes by several protocols, predicts and searches neighbours. */
import { Pipeline } from "../../src/index.ts"
import { extract, fitProbe, predict } from "../../stages/index.ts"
import { classesOf, encoder, pictures, wideFeatures, wideProbe } from "./stages.ts"

const training = { count: 2048, classes: 200, seed: 1 }
const evaluation = { count: 256, classes: 200, seed: 2 }

const featuresOf = (set: typeof training) =>
  extract({ encoder: encoder(), pixels: pictures(set) }, { mean: [0.5, 0.5, 0.5] })
const features = featuresOf(evaluation)
const known = { features: featuresOf(training), labels: classesOf(training) }

const probes = {
  linear: fitProbe(known, { protocol: "linear/cole", epochs: 2, normalise: "standardise" }),
  marks: fitProbe(known, { protocol: "linear/marks", epochs: 2, batch: 512, normalise: "batch-norm" }),
  logistic: fitProbe(known, { protocol: "logistic", normalise: "standardise", C: 0.01 }),
  ridge: fitProbe(known, { protocol: "ridge", normalise: "standardise", alpha: 10 }),
  neighbours: fitProbe(known, { protocol: "knn/marks", k: 20 }),
}

export default Pipeline.main(import.meta, "device", {
  features,
  ...Object.fromEntries(
    Object.entries(probes).map(([name, probe]) => [name, predict({ probe, features }, { top: 200 })]),
  ),
  wide: predict({ probe: wideProbe(), features: wideFeatures({ count: 64 }) }, { top: 800 }),
})
