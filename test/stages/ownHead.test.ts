/** Supervised models from elsewhere: an ONNX file whose output is logits, scored without a fit. */
import { mkdir, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import sharp from "sharp"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { decode } from "../../stages/decode.ts"
import { extract } from "../../stages/extract.ts"
import { fitProbe } from "../../stages/fitProbe.ts"
import { predict } from "../../stages/predict.ts"
import { preprocess } from "../../stages/preprocess.ts"
import { score } from "../../stages/score.ts"
import { folderLabels } from "../../stages/sources/folderLabels.ts"
import { imageFolder } from "../../stages/sources/imageFolder.ts"
import { onnxFile } from "../../stages/sources/onnxFile.ts"
import { outside } from "../onnx/outside.ts"
import { nodesOf, summaryOf } from "../run/engine.ts"
import { lab } from "../run/lab.ts"

/** Logits of three classes, red, green and blue: the mean of each channel, in 0..1, times ten. */
const supervised = (gain: ReadonlyArray<number>) => {
  const g = Graph.make("supervised")
  const x = g.input("image", "float32", ["n", 3, 8, 8])
  const row = g.op("Flatten", [g.op("GlobalAveragePool", [x])])
  const w = g.constant(
    Tensor.float32([3, 3], [gain[0] ?? 0, 0, 0, 0, gain[1] ?? 0, 0, 0, 0, gain[2] ?? 0]),
    "classifier",
  )
  g.output("logits", g.op("MatMul", [row, w]), "float32", ["n", 3])
  return g.bytes
}

const pictures = {
  "red/1.png": [200, 20, 100],
  "red/2.png": [100, 180, 0],
  "green/1.png": [0, 255, 0],
  "green/2.png": [10, 100, 90],
  "blue/1.png": [40, 30, 41],
} as const

describe("a model's own logits as the probe `head`", () => {
  it.live("give its accuracy; its weights' file counts by its content", () =>
    Effect.gen(function* () {
      const { dir, fileOf, held, outputs, rows, run } = yield* lab
      const write = (name: string, content: Uint8Array) =>
        Effect.promise(async () => {
          await mkdir(join(fileOf(name), ".."), { recursive: true })
          await writeFile(fileOf(name), content)
        })
      for (const [name, [r, g, b]] of Object.entries(pictures)) {
        const made = sharp({ create: { width: 8, height: 8, channels: 3, background: { r, g, b } } })
        yield* write(join("images", name), yield* Effect.promise(() => made.png().toBuffer()))
      }
      const weights = "supervised.onnx.data"
      const { files, model } = outside(yield* supervised([10, 10, 10]), () => ({ location: weights }))
      yield* write("supervised.onnx", model)
      yield* write(weights, files[weights] ?? new Uint8Array(0))

      const { images, manifest } = imageFolder({ dir: join(dir, "images") })
      const pixels = preprocess(decode(images), { resize: 8, crop: 8 })
      const encoder = onnxFile({ file: fileOf("supervised.onnx") })
      const logits = extract({ encoder, pixels }, { output: "logits", scale: 1 / 255 })
      const probe = fitProbe({ features: logits }, { protocol: "head" })
      const labels = folderLabels({ manifest }, { classes: ["red", "green", "blue"] })
      const predictions = predict({ probe, features: logits, labels }, { top: 3 })
      const scores = score({ predictions, labels }, { model: "own", set: "colours", metrics: ["top1"] })
      const again = () => run({ scores, logits })
      const nodeOf = (stage: string) =>
        Object.keys(held.runs[0]?.nodes ?? {}).find((name) => name.startsWith(stage)) ?? ""
      const value = () => rows(outputs(nodeOf("score"))[0]?.table.hash)[0]

      expect(summaryOf(yield* again())).toMatchObject({ failed: 0 })
      const predicted = outputs(nodeOf("predict")).flatMap(({ table }) => rows(table.hash))
      expect(predicted.map(({ id }) => id).toSorted()).toEqual(Object.keys(pictures).toSorted())
      for (const [name, colour] of Object.entries(pictures)) {
        const { score, top } = predicted.find(({ id }) => id === name) ?? {}
        const logits = colour.map((value) => (10 * value) / 255)
        for (const [place, one] of [...(top as Int32Array)].entries()) {
          expect((score as Float32Array)[place]).toBeCloseTo(logits[one] ?? NaN, 4)
        }
      }
      // red/2 is taken for green, all others are right.
      expect(value()).toMatchObject({ model: "own", metric: "top1", value: 0.8, images: 5 })

      // Touched, and written anew with its weights at other places: the same model, so nothing is computed.
      yield* Effect.promise(() => utimes(fileOf(weights), 1, 1))
      expect(nodesOf(yield* again(), "finished")).toEqual([])
      const moved = outside(yield* supervised([10, 10, 10]), () => ({ location: weights, gap: 64 }))
      yield* write("supervised.onnx", moved.model)
      yield* write(weights, moved.files[weights] ?? new Uint8Array(0))
      expect(nodesOf(yield* again(), "finished")).toEqual(["onnxFile(supervised)"])

      // Others: all that stands on them is computed.
      const other = outside(yield* supervised([10, 0, 10]), () => ({ location: weights, gap: 64 })).files[weights]
      yield* write(weights, other ?? new Uint8Array(0))
      const changed = yield* again()
      expect(nodesOf(changed, "finished")).toContain("onnxFile(supervised)")
      expect(nodesOf(changed, "finished").join()).not.toContain("preprocess")
      expect(value()).toMatchObject({ value: 0.6 })
    }).pipe(Effect.scoped),
  )
})
