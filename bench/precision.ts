/**
 * Size and time of encoders in float16 and in 8 bits against the same in
 * float32: ResNet-50 and ViT-S/16 with random weights, 224 x 224, one thread, on
 * the processor. Rounds are interleaved; the median of each round's ratio counts.
 * Run it with `npx tsx bench/precision.ts`.
 */
import * as Effect from "effect/Effect"
import { build } from "../stages/checkpoints/network.ts"
import { contiguous, make } from "../stages/checkpoints/Weight.ts"
import { convert } from "../stages/precision/convert.ts"
import * as Session from "../src/onnx/Session.ts"
import * as Tensor from "../src/onnx/Tensor.ts"
import { random } from "../stages/random.ts"
import { resnet50 } from "./resnet.ts"

const rounds = 11
const images = 4
const side = 224

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const [width, depth] = [384, 12]

/** The weights of a ViT-S/16 by timm's names. */
const shapes: ReadonlyArray<readonly [name: string, shape: ReadonlyArray<number>]> = [
  ["cls_token", [1, 1, width]],
  ["pos_embed", [1, 197, width]],
  ["patch_embed.proj.weight", [width, 3, 16, 16]],
  ["patch_embed.proj.bias", [width]],
  ...Array.from({ length: depth }, (_, i): ReadonlyArray<readonly [string, ReadonlyArray<number>]> => [
    [`blocks.${i}.norm1.weight`, [width]],
    [`blocks.${i}.norm1.bias`, [width]],
    [`blocks.${i}.attn.qkv.weight`, [3 * width, width]],
    [`blocks.${i}.attn.qkv.bias`, [3 * width]],
    [`blocks.${i}.attn.proj.weight`, [width, width]],
    [`blocks.${i}.attn.proj.bias`, [width]],
    [`blocks.${i}.norm2.weight`, [width]],
    [`blocks.${i}.norm2.bias`, [width]],
    [`blocks.${i}.mlp.fc1.weight`, [4 * width, width]],
    [`blocks.${i}.mlp.fc1.bias`, [4 * width]],
    [`blocks.${i}.mlp.fc2.weight`, [width, 4 * width]],
    [`blocks.${i}.mlp.fc2.bias`, [width]],
  ]).flat(),
  ["norm.weight", [width]],
  ["norm.bias", [width]],
]

const vit = Effect.suspend(() => {
  const { between } = random("bench/precision")
  const weights = shapes.map(([name, shape]) => {
    const elements = shape.reduce((product, n) => product * n, 1)
    const one = name.includes("norm") && name.endsWith("weight")
    const values = Float32Array.from({ length: elements }, () => (one ? 1 : between(-0.08, 0.08)))
    const storage = { type: "float32" as const, elements, bytes: () => new Uint8Array(values.buffer) }
    return [name, make(storage, 0, shape, contiguous(shape))] as const
  })
  return build({ prefix: "", weights: new Map(weights) }).graph.bytes
})

const measure = Effect.fnUntraced(function* (name: string, original: Uint8Array) {
  const models = {
    fp32: original,
    fp16: (yield* convert(original, "fp16")).onnx,
    int8: (yield* convert(original, "int8")).onnx,
  }
  const sessions = yield* Effect.all({
    fp32: Session.open(models.fp32),
    fp16: Session.open(models.fp16),
    int8: Session.open(models.int8),
  })
  const input = sessions.fp32.inputs[0]?.name ?? ""
  const { normal } = random("bench/precision/images")
  const size = images * 3 * side * side
  const pixels = Tensor.float32([images, 3, side, side], Float32Array.from({ length: size }, normal))
  const ratios = { fp16: Array<number>(), int8: Array<number>() }
  const timed = Effect.fnUntraced(function* (kind: keyof typeof sessions) {
    const start = performance.now()
    yield* sessions[kind].run({ [input]: pixels }, { features: "float32" }, kind === "int8" ? { rows: 1 } : {})
    return performance.now() - start
  })
  yield* Effect.forEach(["fp32", "fp16", "int8"] as const, timed)
  let plain = 0
  for (let i = 0; i < rounds; i++) {
    plain = yield* timed("fp32")
    ratios.fp16.push((yield* timed("fp16")) / plain)
    ratios.int8.push((yield* timed("int8")) / plain)
  }
  for (const kind of ["fp16", "int8"] as const) {
    const smaller = (models[kind].length / original.length).toFixed(3)
    const times = `${median(ratios[kind]).toFixed(2)} (${Math.min(...ratios[kind]).toFixed(2)} to ${Math.max(...ratios[kind]).toFixed(2)})`
    console.log(`${name} ${kind}: ${smaller} of the size, ${times} of the time of float32`)
  }
}, Effect.scoped)

await Effect.runPromise(
  Effect.gen(function* () {
    yield* measure("ResNet-50", yield* resnet50())
    yield* measure("ViT-S/16", yield* vit)
  }),
)
