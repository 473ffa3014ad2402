/** Supervised models as their author published them and as they were exported: their own heads, without a fit. */
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { extract } from "../../stages/extract.ts"
import { fitProbe } from "../../stages/fitProbe.ts"
import { predict } from "../../stages/predict.ts"
import { score } from "../../stages/score.ts"
import { checkpoint } from "../../stages/sources/checkpoint.ts"
import { onnxFile } from "../../stages/sources/onnxFile.ts"
import { Encoder, Labels, Pixels } from "../../stages/tables.ts"
import { runWhole, services } from "../harness.ts"
import { having } from "../nodes.ts"
import { pictures, pixelsOf } from "./cifar.ts"

const real = process.env["RANKSHIFT_REAL_DATA"]
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const

/** By PyTorch: hits among the 1,000 test images, and the first image's first four features. */
const reference = {
  resnet20: {
    files: [
      [checkpoint, "resnet20-12fca82f.th"],
      [onnxFile, "resnet20_cifar10.onnx"],
    ],
    hits: 912,
    features: [0.26971, 1.996868, 1.352003, 0.167215],
  },
  resnet56: {
    files: [
      [checkpoint, "resnet56-4bfd9763.th"],
      [onnxFile, "resnet56_cifar10.onnx"],
    ],
    hits: 919,
    features: [0.175389, 0.778956, 0.422836, 2.511509],
  },
} as const

it.live.skipIf(real === undefined)("ResNets for CIFAR have the accuracy that their author's code gives them", () =>
  Effect.gen(function* () {
    const images = yield* pictures(join(real ?? "", "cifar10-subset.tar"))
    const pixels = yield* pixelsOf(images.filter(([path]) => path.startsWith("test/")))
    const classOf = (path: string) => path.split("/")[1] ?? ""
    const classes = [...new Set(pixels.id.map(classOf))].toSorted()
    const labels = { id: pixels.id, labels: pixels.id.map((path) => Int32Array.of(classes.indexOf(classOf(path)))) }
    for (const { features, files, hits } of Object.values(reference)) {
      for (const [source, file] of files) {
        const known = having()
        const encoder = known.node(Encoder, yield* runWhole(source, {}, { file: join(real ?? "", "models", file) }))
        const [x, y] = [known.node(Pixels, pixels), known.node(Labels, labels)]
        const first = (yield* known.rows(extract({ encoder, pixels: x }, imagenet))).features.data.subarray(0, 4)
        for (const [i, value] of features.entries()) expect(Math.abs((first[i] ?? NaN) - value)).toBeLessThan(1e-4)
        const logits = extract({ encoder, pixels: x }, { ...imagenet, output: "logits" })
        const probe = fitProbe({ features: logits }, { protocol: "head" })
        const predictions = predict({ probe, features: logits, labels: y })
        const { value } = yield* known.rows(
          score({ predictions, labels: y }, { model: file, set: "cifar10", metrics: ["top1"] }),
        )
        expect([file, Math.round((value[0] ?? NaN) * pixels.id.length)]).toEqual([file, hits])
      }
    }
  }).pipe(Effect.scoped, Effect.provide(services())),
)
