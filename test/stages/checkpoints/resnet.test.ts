import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { choose } from "../../../stages/checkpoints/Candidate.ts"
import { parse } from "../../../stages/checkpoints/Checkpoint.ts"
import { build } from "../../../stages/checkpoints/resnet.ts"
import { services } from "../../harness.ts"
import { bytesOf, computed } from "./files.ts"
import { encoder, near, pixels } from "./encoders.ts"

describe("a ResNet from a checkpoint", () => {
  it.effect("gives PyTorch's features, and its logits where it has a head", () =>
    Effect.gen(function* () {
      for (const file of ["resnet18.pth", "resnet18.safetensors"]) {
        const session = yield* encoder(file)
        const { features, logits } = yield* session.run({ pixels }, { features: "float32", logits: "float32" })
        near(features.data, computed("resnet18.pth").features)
        near(logits.data, computed("resnet18.pth").logits ?? [])
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("is the encoder that the authors evaluate, of the two that MoCo and DINO keep", () =>
    Effect.gen(function* () {
      for (const file of ["moco.pth.tar", "dino.pth"] as const) {
        const session = yield* encoder(file)
        const { features } = yield* session.run({ pixels }, { features: "float32" })
        near(features.data, computed(file).features)
        expect(session.outputs.map(({ name }) => name)).toEqual(["features"])
      }
      const other = yield* encoder("moco.pth.tar", { weights: "encoder_k" })
      const { features } = yield* other.run({ pixels }, { features: "float32" })
      expect(() => near(features.data, computed("moco.pth.tar").features)).toThrow("to be less than")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it("says what is left out, and what its architecture is", () => {
    const built = build(choose(parse(bytesOf("moco.pth.tar")).weights, undefined))
    expect(built.leftOut).toContain("fc.0.weight")
    expect(build(choose(parse(bytesOf("resnet18.pth")).weights, undefined)).architecture).toBe(
      "ResNet-18 (width 0.03125)",
    )
  })

  it.effect("that is not whole, or has what no ResNet has, is an error that lists the names", () =>
    Effect.sync(() => {
      const { weights } = choose(parse(bytesOf("resnet18.pth")).weights, undefined)
      const without = new Map([...weights].filter(([name]) => !/layer2\.0\.bn1\.running|^layer3\.1\.conv2/u.test(name)))
      expect(() => build({ prefix: "p.", weights: without })).toThrow(
        "missing: p.layer2.0.bn1.running_mean, p.layer2.0.bn1.running_var, p.layer3.1.conv2.weight",
      )
      const first = weights.get("conv1.weight")
      const more = new Map(first === undefined ? weights : [...weights, ["layer9.weight", first] as const])
      expect(() => build({ prefix: "", weights: more })).toThrow("no place for layer9.weight")
    }),
  )

  it.effect("says which networks a file holds where none is named so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(encoder("moco.pth.tar", { weights: "backbone" }))
      expect(error.message).toContain('"state_dict.module.encoder_q.", "state_dict.module.encoder_k."')
      const wrong = yield* Effect.flip(encoder("zip.pth"))
      expect(wrong.message).toContain("no network is recognised among its 7 weights")
      expect(wrong._tag === "StageError" ? wrong.file : "").toContain("zip.pth")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
