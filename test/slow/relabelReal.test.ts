/** ReaL's labels on real validation images: other labels, the same pixels. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { decode } from "../../stages/decode.ts"
import { extract } from "../../stages/extract.ts"
import { pick } from "../../stages/labels/pick.ts"
import { relabel } from "../../stages/labels/relabel.ts"
import { colourHistogram } from "../../stages/miniature/index.ts"
import { preprocess } from "../../stages/preprocess.ts"
import { imageTar } from "../../stages/sources/imageTar.ts"
import { labelsJson } from "../../stages/sources/labelsJson.ts"
import { folder, nodesOf, onDisk, pipeline, runAll } from "../run/engine.ts"

const real = process.env["RANKSHIFT_REAL_DATA"] ?? ""
const [tar, json] = [join(real, "imagenette-val134.tar"), join(real, "imagenet/real.json")]

it.live.skipIf(!existsSync(tar) || !existsSync(json))(
  "ReaL's labels on Validation's images decode and extract nothing again",
  () =>
    Effect.gen(function* () {
      const validation = imageTar({ file: tar })
      const features = ({ images }: typeof validation) =>
        extract({ encoder: colourHistogram(), pixels: preprocess(decode(images), { resize: 64, crop: 56 }) })
      const reassessed = relabel(validation, labelsJson({ file: json, ids: "ILSVRC2012_val_{i+1:08d}", classes: 1000 }))
      const cache = yield* folder
      const run = (targets: Parameters<typeof pipeline>[0]) => Effect.provide(runAll(pipeline(targets)), onDisk(cache))

      const first = nodesOf(yield* run({ features: features(validation) }), "finished")
      expect(first.some((node) => node.startsWith("extract"))).toBe(true)
      const again = yield* run({ features: features(reassessed), labels: reassessed.labels })
      expect(nodesOf(again, "finished").map((node) => node.replace(/\(.*/u, ""))).toEqual(["labelsJson", "matchLabels"])

      // Of the 134 images, those that ReaL leaves without a label are no part of the picked set.
      const labelled = pick(reassessed, reassessed.labels)
      const picked = nodesOf(yield* run({ features: features(labelled) }), "finished")
      expect(picked.some((node) => node.startsWith("pick"))).toBe(true)
    }),
)
