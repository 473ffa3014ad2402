/** Files of PyTorch's exporter, each opset that it knows: inner values beside those of the network's own parts. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Model from "../../src/onnx/Model.ts"
import { extract } from "../../stages/extract.ts"
import { onnxFile } from "../../stages/sources/onnxFile.ts"
import { Encoder } from "../../stages/tables.ts"
import { openRows, readerOf, runWhole, services } from "../harness.ts"
import { folderWith } from "../stages/sources/folderWith.ts"
import { hasTorch } from "./torch.ts"

const script = fileURLToPath(new URL("onnxTorch.py", import.meta.url))
const opsets = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]

const Rows = Schema.Array(Schema.Array(Schema.Finite))
const Expected = Schema.fromJsonString(Schema.Struct({ logits: Rows, stem: Rows, first: Rows, mean: Rows }))

const images = 10
const size = 32 * 32 * 3
const pixels = {
  id: Array.from({ length: images }, (_, i) => `image-${i}`),
  pixels: {
    shape: [32, 32, 3],
    data: Uint8Array.from({ length: images * size }, (_, i) => (i * 7 + Math.floor(i / 97) * 13) % 256),
  },
}

it.live.skipIf(!hasTorch())("inner values of exported networks are what the network's parts give", () =>
  Effect.gen(function* () {
    const folder = yield* folderWith({})
    const { stdout } = yield* Effect.promise(() =>
      promisify(execFile)("/usr/bin/python3", [script, folder, ...opsets.map(String)]),
    )
    const expected = yield* Schema.decodeUnknownEffect(Expected)(stdout.split("\n")[0])
    for (const opset of opsets) {
      const { onnx } = yield* runWhole(onnxFile, {}, { file: `${folder}/${opset}.onnx` })
      const { opsets, values } = yield* Model.read(onnx[0] ?? new Uint8Array(0))
      expect(opsets.get("")).toBe(opset)
      const last = (part: string) => values.findLast(({ name }) => name.startsWith(part))?.name
      for (const [what, params] of [
        ["logits", {}],
        ["stem", { output: last("/stem/") }],
        ["first", { output: last("/norm/"), tokens: "first" }],
        ["mean", { output: last("/norm/"), tokens: "mean" }],
      ] as const) {
        const all = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], ...params }
        const step = yield* openRows(extract, { encoder: readerOf(Encoder, { onnx }) }, all)
        const { features } = yield* step(pixels)
        const wanted = expected[what].flat()
        expect(features.data.length, `${opset} ${what}`).toBe(wanted.length)
        const apart = wanted.map((value, i) => Math.abs(value - (features.data[i] ?? NaN)))
        expect(Math.max(...apart), `${opset} ${what}`).toBeLessThan(1e-4)
      }
    }
  }).pipe(Effect.scoped, Effect.provide(services())),
)
