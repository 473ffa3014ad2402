import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { type Candidate, choose } from "../../../stages/checkpoints/Candidate.ts"
import { parse } from "../../../stages/checkpoints/Checkpoint.ts"
import { Malformed } from "../../../stages/checkpoints/Malformed.ts"
import { build } from "../../../stages/checkpoints/network.ts"
import { contiguous, make } from "../../../stages/checkpoints/Weight.ts"
import { checkpoint } from "../../../stages/sources/checkpoint.ts"
import { runWhole, services } from "../../harness.ts"
import { near } from "./encoders.ts"
import { bytesOf, folder } from "./files.ts"

const Computed = Schema.Struct({
  params: Schema.Struct({
    heads: Schema.optionalKey(Schema.Int),
    interpolation: Schema.optionalKey(Schema.Literals(["size", "dino"])),
  }),
  images: Schema.Array(
    Schema.Struct({
      height: Schema.Int,
      width: Schema.Int,
      taps: Schema.Record(Schema.String, Schema.Array(Schema.Finite)),
    }),
  ),
})

/** What PyTorch computes with each file, by `vit.py`. */
const computed = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, Computed)))(
  readFileSync(`${folder}vit.json`, "utf8"),
)

const images = (height: number, width: number) =>
  Tensor.float32(
    [2, 3, height, width],
    Float32Array.from({ length: 6 * height * width }, (_, i) => ((i * 37) % 101) / 50 - 1),
  )

const open = Effect.fnUntraced(function* (file: string, params: object) {
  const { onnx } = yield* runWhole(checkpoint, {}, { file: `${folder}${file}`, ...params })
  return yield* Session.open(onnx[0] ?? new Uint8Array(), { thread: "caller" })
})

const network = (file: string): Candidate => choose(parse(bytesOf(file)).weights, undefined)
const built = (file: string) => build({ ...network(file), ...computed[file]?.params })

describe("a vision transformer from a checkpoint", () => {
  it.effect.each(Object.entries(computed))("%s gives PyTorch's outputs, at its own size and others", ([file, found]) =>
    Effect.gen(function* () {
      const session = yield* open(file, found.params)
      const names = session.outputs.map(({ name }) => name)
      for (const { height, taps, width } of found.images) {
        expect(names.toSorted()).toEqual(Object.keys(taps).toSorted())
        const wanted = Object.fromEntries(names.map((name) => [name, "float32" as const]))
        const out = yield* session.run({ pixels: images(height, width) }, wanted)
        for (const [name, values] of Object.entries(taps)) near(out[name]?.data ?? new Float32Array(), values)
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("interpolates positions as it is told to", () =>
    Effect.gen(function* () {
      const [own, other] = computed["vitDino.pth"]?.images ?? []
      const session = yield* open("vitDino.pth", { heads: 2 })
      const features = (height: number, width: number) =>
        Effect.map(
          session.run({ pixels: images(height, width) }, { features: "float32" }),
          ({ features }) => features.data,
        )
      near(yield* features(40, 40), own?.taps["features"] ?? [])
      const found = yield* features(40, 48)
      expect(() => near(found, other?.taps["features"] ?? [])).toThrow("to be less than")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it("says what it is, and what is left out", () => {
    expect(built("vitTimm.pth").architecture).toBe("ViT/8 (width 128, depth 1, 2 heads)")
    expect(built("vitMae.pth").leftOut).toEqual([
      "mask_token",
      "decoder_pos_embed",
      "decoder_embed.weight",
      "decoder_blocks.0.norm1.weight",
    ])
    expect(built("vitMocov3.pth.tar").leftOut).toEqual(["head.0.weight", "head.1.running_mean"])
    expect(built("vitBeit.pth").leftOut).toContain("cls_pt_layers.0.norm1.weight")
    expect(built("vitDino.pth").taps.map(({ name, width }) => [name, width])).toEqual([
      ["features", 16],
      ["class", 16],
      ["pooled", 16],
      ["patches", 16],
      ["class-patches", 32],
      ["last2", 32],
      ["last3", 48],
      ["last4", 64],
    ])
  })

  it("whose heads cannot be told asks for them", () => {
    expect(() => build(network("vitDino.pth"))).toThrow("a width of 16 does not say how many heads")
    expect(() => build({ ...network("vitDino.pth"), heads: 3 })).toThrow("a width of 16 does not say how many heads")
  })

  it("that is not whole, or has what none has, is an error that lists the names", () => {
    const { weights } = network("vitDino.pth")
    const without = (name: string) => () =>
      build({ prefix: "p.", heads: 2, weights: new Map([...weights].filter(([other]) => other !== name)) })
    expect(without("blocks.1.mlp.fc2.weight")).toThrow("the weight p.blocks.1.mlp.fc2.weight is missing")
    expect(without("pos_embed")).toThrow("the weight p.pos_embed is missing")
    expect(without("norm.bias")).toThrow("the weight p.norm.bias is missing")
    const more = new Map(weights)
    for (const weight of weights.values()) more.set("blocks.0.attn.q_norm.weight", weight)
    expect(() => build({ prefix: "", heads: 2, weights: more })).toThrow("no place for blocks.0.attn.q_norm.weight")
    const odd = new Map(weights)
    for (const weight of weights.values()) odd.set("norm.weight", { ...weight, shape: [3, 3] })
    expect(() => build({ prefix: "", heads: 2, weights: odd })).toThrow("norm.weight is of shape [3, 3], and [16]")
  })

  it.effect.prop(
    "with any weight of another shape is built or refused",
    {
      file: Schema.Literals(["vitDino.pth", "vitBeit.pth", "vitBeitTuned.pth", "vitMmselfsup.pth"]),
      which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })),
      shape: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))).check(Schema.isMaxLength(4)),
    },
    ({ file, shape, which }) =>
      Effect.sync(() => {
        const candidate = network(file)
        const name = [...candidate.weights.keys()][which % candidate.weights.size] ?? ""
        const storage = { type: "float32" as const, elements: 625, bytes: () => new Uint8Array(2500) }
        const weights = new Map([...candidate.weights, [name, make(storage, 0, shape, contiguous(shape))] as const])
        try {
          build({ ...candidate, weights, ...computed[file]?.params })
        } catch (cause) {
          expect(cause).toBeInstanceOf(Malformed)
        }
      }),
  )
})
