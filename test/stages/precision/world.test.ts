/** One encoder in three precisions, from its file to scores, log and report. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, beforeAll, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseHTML } from "linkedom"
import * as Hash from "../../../src/hash/Hash.ts"
import { type Node, Pipeline } from "../../../src/index.ts"
import { aggregate, decode, type Encoder, extract, fitProbe, onnxFile } from "../../../stages/index.ts"
import { precision, predict, preprocess, score } from "../../../stages/index.ts"
import * as miniature from "../../../stages/miniature/index.ts"
import { deviation } from "../../../stages/precision/deviation.ts"
import { desk } from "../../cli/calls.ts"
import { runWhole, services } from "../../harness.ts"

const root = mkdtempSync(join(tmpdir(), "precision-"))
const file = join(root, "conv3.onnx")
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeAll(async () => {
  const made = runWhole(miniature.randomConv, {}, { depth: 3 }).pipe(Effect.scoped, Effect.provide(services()))
  const { onnx } = await Effect.runPromise(made)
  writeFileSync(file, onnx[0] ?? "")
})

const drawn = (set: "train" | "validation", perClass: number): miniature.ImageSet => ({
  images: miniature.draw({ set, perClass, seed: 3, size: 72 }),
  labels: miniature.labels({ set, perClass, seed: 3, rule: "single" }),
})
const train = drawn("train", 8)
const validation = drawn("validation", 5)
const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), { resize: 64, crop: 56 })

const original = onnxFile({ file })
const encoders = {
  fp32: original,
  fp16: precision({ encoder: original, pixels: pixels(validation) }, { to: "fp16" }),
  int8: precision(original, { to: "int8" }),
}
const features = (encoder: Node.Node<typeof Encoder>, set: miniature.ImageSet) =>
  extract({ encoder, pixels: pixels(set) })

const scores = Object.entries(encoders).map(([model, encoder]) => {
  const probe = fitProbe({ features: features(encoder, train), labels: train.labels }, { normalise: "standardise" })
  const predictions = predict({ probe, features: features(encoder, validation) })
  return score({ predictions, labels: validation.labels }, { model, set: "validation", metrics: ["top1"] })
})

const world = Pipeline.make(import.meta, "precisions", {
  table: aggregate(scores, { reference: "validation" }),
  fp32: features(encoders.fp32, validation),
  fp16: features(encoders.fp16, validation),
  int8: features(encoders.int8, validation),
})

const Rows = Schema.fromJsonString(Schema.Array(Schema.Struct({ features: Schema.Array(Schema.Finite) })))
const Scored = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ model: Schema.String, kind: Schema.String, value: Schema.Finite })),
)

it.live(
  "an encoder in float16 and in 8 bits is another one with nearly the same features, and the log says how near",
  () =>
    Effect.gen(function* () {
      const { call, folder } = yield* desk
      const ran = yield* call(world, "run")
      expect(ran.err.join("\n")).not.toContain("failed")
      expect(ran.code).toBe(0)

      const rowsOf = Effect.fnUntraced(function* (target: string) {
        const { out } = yield* call(world, "show", target, "--format", "json")
        const rows = yield* Schema.decodeUnknownEffect(Rows)(out.join("\n"))
        return { rows: rows.length, data: Float32Array.from(rows.flatMap(({ features }) => features)) }
      })
      const right = yield* rowsOf("fp32")
      expect(right.rows).toBe(100)
      const half = deviation(right, yield* rowsOf("fp16"))
      const eight = deviation(right, yield* rowsOf("int8"))
      expect(half.leastCosine).toBeGreaterThan(1 - 1e-5)
      expect(half.deviation).toBeGreaterThan(0)
      expect(eight.leastCosine).toBeGreaterThan(0.99)
      expect(eight.leastCosine).toBeLessThan(half.leastCosine)

      const table = yield* call(world, "show", "table", "--format", "json")
      const found = yield* Schema.decodeUnknownEffect(Scored)(table.out.join("\n"))
      const top1 = Object.fromEntries(
        found.flatMap(({ kind, model, value }) => (kind === "set" ? [[model, value]] : [])),
      )
      expect(top1["fp32"]).toBeGreaterThan(0.15)
      expect(Math.abs((top1["fp16"] ?? 0) - (top1["fp32"] ?? 1))).toBeLessThanOrEqual(0.02)
      expect(Math.abs((top1["int8"] ?? 0) - (top1["fp32"] ?? 1))).toBeLessThanOrEqual(0.05)

      const hash = Hash.ofBytes(readFileSync(file))
      const log = Effect.fnUntraced(function* (node: string) {
        return (yield* call(world, "log", node)).out.join("\n")
      })
      const logs = [yield* log("fp16"), yield* log("int8"), yield* log("fp32")]
      for (const one of logs) expect(one).toMatch(new RegExp(`conv3\\.onnx +${hash}`, "u"))
      expect(logs[0]).toMatch(/fp16\n[^]*compared with float32/u)
      expect(logs[0]).toMatch(/cosine similarity of features +0\.99999\d+ on average, 0\.99999/u)
      expect(logs[0]).toMatch(/measured on +100 images/u)
      expect(logs[1]).toMatch(/measured on +16 images drawn from a seed/u)
      // The converted encoder says so itself, and a table of all that it stands on all three.
      expect(yield* log("precision(conv3 fp16)")).toContain("compared with float32")
      expect(logs[2]).not.toContain("compared with float32")
      const keys = logs.map((one) => /x1[0-9a-f]{32} +x1[0-9a-f]{32}/u.exec(one)?.[0])
      expect(new Set(keys).size).toBe(3)
      const all = yield* log("table")
      expect(all.match(new RegExp(hash, "gu"))).toHaveLength(3)
      expect(all.match(/compared with float32/gu)).toHaveLength(2)

      expect((yield* call(world, "report", "--output", join(folder, "report"))).code).toBe(0)
      const page = parseHTML(readFileSync(join(folder, "report", "index.html"), "utf8")).document
      const rows = [...page.querySelectorAll("#encoders-table tbody tr")].map((row) =>
        [...row.querySelectorAll("th, td")].map((cell) => (cell.textContent ?? "").trim()),
      )
      expect(rows.map(([, name, sum, how]) => [name, sum, how])).toEqual(
        ["", "fp16", "int8"].map((how) => ["conv3.onnx", hash, how]),
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
)
