import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { choose } from "../../../stages/checkpoints/Candidate.ts"
import { parse } from "../../../stages/checkpoints/Checkpoint.ts"
import { build } from "../../../stages/checkpoints/resnet.ts"
import { checkpoint } from "../../../stages/sources/checkpoint.ts"
import { runWhole, services } from "../../harness.ts"
import { bytesOf, expected, folder } from "./files.ts"

// As make.py draws them.
const pixels = Tensor.float32(
  [2, 3, 40, 48],
  Float32Array.from({ length: 2 * 3 * 40 * 48 }, (_, i) => ((i * 37) % 101) / 50 - 1),
)

const near = (found: Float32Array, wanted: ReadonlyArray<number>) => {
  expect(found).toHaveLength(wanted.length)
  const furthest = found.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? NaN))), 0)
  expect(furthest).toBeLessThan(1e-4)
}

const encoder = Effect.fnUntraced(function* (file: string, weights?: string) {
  const { onnx } = yield* runWhole(
    checkpoint,
    {},
    { file: `${folder}${file}`, ...(weights === undefined ? {} : { weights }) },
  )
  return yield* Session.open(onnx[0] ?? new Uint8Array(), { thread: "caller" })
})

describe("a ResNet from a checkpoint", () => {
  it.effect("gives PyTorch's features, and its logits where it has a head", () =>
    Effect.gen(function* () {
      for (const file of ["resnet18.pth", "resnet18.safetensors"]) {
        const session = yield* encoder(file)
        const { features, logits } = yield* session.run({ pixels }, { features: "float32", logits: "float32" })
        near(features.data, expected["resnet18.pth"].features)
        near(logits.data, expected["resnet18.pth"].logits ?? [])
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("is the encoder that the authors evaluate, of the two that MoCo and DINO keep", () =>
    Effect.gen(function* () {
      for (const file of ["moco.pth.tar", "dino.pth"] as const) {
        const session = yield* encoder(file)
        const { features } = yield* session.run({ pixels }, { features: "float32" })
        near(features.data, expected[file].features)
        expect(session.outputs.map(({ name }) => name)).toEqual(["features"])
      }
      const other = yield* encoder("moco.pth.tar", "encoder_k")
      const { features } = yield* other.run({ pixels }, { features: "float32" })
      expect(() => near(features.data, expected["moco.pth.tar"].features)).toThrow("to be less than")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it("says what is left out, and what its architecture is", () => {
    const built = build(choose(parse(bytesOf("moco.pth.tar")).weights, undefined))
    expect(built.leftOut).toContain("fc.0.weight")
    expect(build(choose(parse(bytesOf("resnet18.pth")).weights, undefined)).architecture).toBe(
      "ResNet-18 (width 0.0625)",
    )
  })

  it.effect("that is not whole, or has what no ResNet has, is an error that lists the names", () =>
    Effect.sync(() => {
      const { weights } = choose(parse(bytesOf("resnet18.pth")).weights, undefined)
      const without = new Map([...weights].filter(([name]) => name !== "layer2.0.bn1.running_var"))
      expect(() => build({ prefix: "p.", weights: without })).toThrow("layer2.0.bn1.running_var is missing")
      const first = weights.get("conv1.weight")
      const more = new Map(first === undefined ? weights : [...weights, ["layer9.weight", first] as const])
      expect(() => build({ prefix: "", weights: more })).toThrow("no place for layer9.weight")
    }),
  )

  it.effect("says which networks a file holds where none is named so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(encoder("moco.pth.tar", "backbone"))
      expect(error.message).toContain('"state_dict.module.encoder_q.", "state_dict.module.encoder_k."')
      const wrong = yield* Effect.flip(encoder("zip.pth"))
      expect(wrong.message).toContain("no network is recognised among its 7 weights")
      expect(wrong._tag === "StageError" ? wrong.file : "").toContain("zip.pth")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
