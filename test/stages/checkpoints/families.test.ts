import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { choose } from "../../../stages/checkpoints/Candidate.ts"
import { parse } from "../../../stages/checkpoints/Checkpoint.ts"
import { build } from "../../../stages/checkpoints/network.ts"
import { services } from "../../harness.ts"
import { encoder, near, pixels } from "./encoders.ts"
import { bytesOf, computed } from "./files.ts"

/** Where each author keeps the encoder: the file, and what stands before its weights. */
const rows = [
  ["vissl.torch", "pytorch legacy", "classy_state_dict.base_model.model.trunk._feature_blocks."],
  ["npid.torch", "pytorch legacy", "model_state_dict._feature_blocks."],
  ["swav.pth.tar", "pytorch legacy", "module."],
  ["deepclusterv2.pth.tar", "pytorch legacy", "module."],
  ["moco.pth.tar", "pytorch legacy", "state_dict.module.encoder_q."],
  ["mocov3.pth.tar", "pytorch zip", "state_dict.module.base_encoder."],
  ["mmselfsup.pth", "pytorch zip", "state_dict.backbone."],
  ["byol.pth.tar", "pytorch legacy", "online_backbone.module."],
  ["densecl.pth", "pytorch zip", "state_dict."],
  ["dino.pth", "pytorch zip", "teacher.backbone."],
  ["backbone.pth", "pytorch zip", ""],
  ["obow.zip", "pytorch legacy", "network."],
  ["obow.pth.tar", "pytorch legacy", "network.feature_extractor._feature_blocks."],
  ["pcl.pth.tar", "pytorch legacy", "state_dict.module.encoder_q."],
  ["simsiam.pth.tar", "pytorch zip", "state_dict.module.encoder."],
  ["byol.pkl", "pickle", "experiment_state.online_params."],
] as const

describe("the checkpoints of the authors", () => {
  it.effect.each(rows)("%s is read, and gives the features that PyTorch computes", ([file, container, prefix]) =>
    Effect.gen(function* () {
      const found = parse(bytesOf(file))
      expect(found.container).toBe(container)
      expect(choose(found.weights, undefined).prefix).toBe(prefix)
      const session = yield* encoder(file)
      const { features } = yield* session.run({ pixels }, { features: "float32" })
      near(features.data, computed(file).features)
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect.each([
    "model.ckpt-225206.index",
    "model.ckpt-225206",
    "model.ckpt-225206.data-00001-of-00002",
    "simclr.zip",
  ])("SimCLR's of TensorFlow is found by the name %s", (file) =>
    Effect.gen(function* () {
      const session = yield* encoder(file)
      const { features, logits } = yield* session.run({ pixels }, { features: "float32", logits: "float32" })
      near(features.data, computed("model.ckpt-225206").features)
      near(logits.data, computed("model.ckpt-225206").logits ?? [])
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("the other network of two is taken where it is named", () =>
    Effect.gen(function* () {
      for (const [file, weights, name] of [
        ["mocov3.pth.tar", "momentum_encoder", "mocov3.pth.tar momentum"],
        ["byol.pkl", "target_params", "byol.pkl target"],
      ] as const) {
        const session = yield* encoder(file, { weights })
        const { features } = yield* session.run({ pixels }, { features: "float32" })
        near(features.data, computed(name).features)
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("BYOL's classifier gives its logits; a conversion of the network is padded as it is told to", () =>
    Effect.gen(function* () {
      const own = yield* encoder("byol.pkl")
      const { logits } = yield* own.run({ pixels }, { logits: "float32" })
      near(logits.data, computed("byol.pkl").logits ?? [])
      const told = yield* encoder("byolConverted.pth.tar", { padding: "same" })
      near(
        (yield* told.run({ pixels }, { features: "float32" })).features.data,
        computed("byolConverted.pth.tar").features,
      )
      const untold = yield* encoder("byolConverted.pth.tar")
      const { features } = yield* untold.run({ pixels }, { features: "float32" })
      expect(() => near(features.data, computed("byolConverted.pth.tar").features)).toThrow("to be less than")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it("what is no part of the encoder is listed", () => {
    const leftOut = (file: string) => build(choose(parse(bytesOf(file)).weights, undefined)).leftOut
    expect(leftOut("swav.pth.tar")).toEqual(expect.arrayContaining(["projection_head.0.weight", "prototypes.weight"]))
    expect(leftOut("deepclusterv2.pth.tar")).toContain("prototypes.prototypes0.weight")
    expect(leftOut("simsiam.pth.tar")).toContain("fc.0.weight")
    expect(leftOut("byol.pkl")).toContain("projector/linear.w")
  })

  it.effect("another network than the one asked for is refused", () =>
    Effect.gen(function* () {
      yield* encoder("backbone.pth", { architecture: "ResNet-17" })
      const error = yield* Effect.flip(encoder("mocov3.pth.tar", { architecture: "ResNet-50" }))
      expect(error.message).toContain("it is a ResNet-50 (width 0.015625), and a ResNet-50 is asked for")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
