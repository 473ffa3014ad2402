import { describe, expect, it } from "@effect/vitest"
import { all, choose } from "../../../stages/checkpoints/Candidate.ts"
import { contiguous, make, type Weights } from "../../../stages/checkpoints/Weight.ts"

const weight = make({ type: "float32", elements: 1, bytes: () => new Uint8Array(4) }, 0, [1], contiguous([1]))
const signs = {
  resnet: ["conv1.weight", "layer1.0.conv1.weight"],
  vit: ["patch_embed.proj.weight", "pos_embed", "blocks.0.norm1.weight"],
}

/** Weights of networks below some prefixes. */
const holding = (kind: keyof typeof signs, ...prefixes: ReadonlyArray<string>): Weights =>
  new Map(prefixes.flatMap((prefix) => signs[kind].map((name) => [prefix + name, weight] as const)))

describe("of several networks in one file", () => {
  it.each([
    ["resnet", "state_dict.module.encoder_q.", "state_dict.module.encoder_k."],
    ["resnet", "state_dict.module.base_encoder.", "state_dict.module.momentum_encoder."],
    ["vit", "teacher.backbone.", "student.module.backbone."],
    ["resnet", "online_backbone.module.", "target_backbone.module."],
    ["resnet", "online_network.", "target_network."],
    ["vit", "target_encoder.module.", "encoder.module."],
  ] as const)("the authors of a %s evaluate %s, not %s", (kind, meant, other) => {
    for (const order of [
      [meant, other],
      [other, meant],
    ]) {
      expect(choose(holding(kind, ...order), undefined).prefix).toBe(meant)
      expect(choose(holding(kind, ...order), other).prefix).toBe(other)
    }
  })

  it("none is meant where nothing says which", () => {
    const weights = holding("resnet", "state_dict.", "state_dict_ema.")
    expect(() => choose(weights, undefined)).toThrow('several networks: "state_dict.", "state_dict_ema."')
    expect(() => choose(weights, "state_dict")).toThrow("none or several of its networks are called state_dict")
    expect(choose(weights, "state_dict_ema").prefix).toBe("state_dict_ema.")
  })

  it("there are no more than a checkpoint can mean", () => {
    const many = Array.from({ length: 65 }, (_, i) => `network${i}.`)
    expect(all(holding("vit", ...many.slice(1)))).toHaveLength(64)
    expect(() => all(holding("vit", ...many))).toThrow("it holds 65 networks")
  })
})
