import { readFileSync } from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import sharp from "sharp"
import { main } from "../../src/cli/main.ts"
import { Pipeline } from "../../src/index.ts"
import { Output } from "../../src/report/Output.ts"
import { alike, published } from "../../stages/checkpoints/registry/index.ts"
import { imageFolder, model } from "../../stages/index.ts"
import { protocols } from "../../stages/fitProbe.ts"
import { screen } from "../report/screens.ts"
import { paramsOf } from "../harness.ts"
import { writeResnet50 } from "./checkpoints/resnet50.ts"

const list = readFileSync(new URL("../../docs/checkpoints.md", import.meta.url), "utf8").split("\n")

describe("a published model", () => {
  it.live("takes images to features as its authors do", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const folder = yield* fs.makeTempDirectoryScoped()
      yield* fs.makeDirectory(path.join(folder, "images"))
      for (const [name, background] of Object.entries({ red: "#f00", blue: "#00f" })) {
        const made = sharp({ create: { width: 300, height: 260, channels: 3, background } })
        yield* Effect.promise(() => made.png().toFile(path.join(folder, "images", `${name}.png`)))
      }
      const { images } = imageFolder({ dir: path.join(folder, "images") })
      const file = path.join(folder, "r-50.safetensors")
      yield* Effect.promise(() => writeResnet50(file, ["state_dict.module.base_encoder."]))
      const found = model("moco-v3/resnet50", file)
      const pipeline = Pipeline.make(import.meta, "one", { features: found.features(images) })
      const call = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const [out, err] = [screen(), screen()]
        yield* main(pipeline, [...args, "--cache", path.join(folder, "cache")]).pipe(
          Effect.provide(Layer.mergeAll(NodeServices.layer, Layer.succeed(Output, Output.of({ out, err })))),
        )
        return out.lines()
      })
      yield* call("run")
      const rows = (yield* call("show", "features", "--format", "json")).join("")
      expect(rows).toContain('"id":"red.png"')
      expect(rows.match(/-?\d\.\d+/gu)?.length).toBeGreaterThan(2048)
      expect((yield* call("graph", "--format", "json")).join("")).toContain("checkpoint(moco-v3/resnet50)")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it("shares its pixels with others of the same preprocessing", () => {
    const { images } = imageFolder({ dir: "images" })
    const pixels = (name: Parameters<typeof model>[0]) => model(name, "file").pixels(images)
    expect(pixels("moco-v3/resnet50")).toEqual(pixels("barlow-twins/resnet50"))
    expect(pixels("moco-v3/resnet50").params).not.toEqual(pixels("dino/resnet50").params)
  })

  it("takes another network of its file where it is told to", () => {
    expect(model("moco-v3/resnet50", "r-50.pth", { weights: "momentum_encoder" }).encoder.params).toEqual({
      file: "r-50.pth",
      architecture: "ResNet-50",
      weights: "momentum_encoder",
    })
    expect(model("byol/resnet50", "converted.pth").encoder.params).toMatchObject({ padding: "same" })
  })

  it("of a vision transformer gives the tokens that its authors probe", () => {
    const { images } = imageFolder({ dir: "images" })
    const dino = model("dino/vit-s16", "dino_deitsmall16_pretrain.pth")
    expect(dino.encoder.params).toMatchObject({ architecture: "ViT-S/16", interpolation: "dino" })
    expect(dino.features(images).params).toMatchObject({ output: "last4" })
    expect(model("ibot/vit-l16", "checkpoint_teacher.pth").features(images).params).toMatchObject({
      output: "class-patches",
    })
  })

  it("of an unknown name is an error that lists those near it", () => {
    // @ts-expect-error no model is called so
    const wrong = () => model("moco-v3/resnet5O", "file")
    expect(wrong).toThrow('no published model called "moco-v3/resnet5O"; near it are moco-v3/resnet50')
    // @ts-expect-error nor so
    expect(() => model("dino/vitb16", "file")).toThrow(/near it are .*dino\/vit-b16/u)
  })
})

describe("the registry", () => {
  it.effect.each([...published])("%s has params that the stages take", ([, { preprocessing, probe }]) =>
    Effect.gen(function* () {
      const { images } = imageFolder({ dir: "images" })
      const pixels = model("moco-v3/resnet50", "file").pixels(images)
      yield* paramsOf(pixels.stage, preprocessing.preprocess)
      const stage = protocols[probe.protocol ?? "linear/cole"]
      yield* paramsOf(stage, probe)
    }),
  )

  it.each([...published])("%s is in the list of docs/checkpoints.md, with its file, probe and figures", (name, one) => {
    const row = list.find((line) => line.startsWith(`| \`${name}\` `))
    expect(row).toContain(`[${one.file}](${one.url})`)
    expect(row).toContain(one.weightsAt === "" ? "top" : `\`${one.weightsAt}\``)
    expect(row).toContain(`\`${one.probe.protocol}\``)
    expect(row).toContain(one.output === undefined ? "|" : `on \`${one.output}\``)
    for (const { percent } of one.top1) expect(row).toContain(String(percent))
  })

  it("knows whose a file may be by where its weights are, and its name", () => {
    const names = (file: string) => alike("ResNet-50", "state_dict.module.encoder_q.", file).map(([name]) => name)
    expect(names("moco_v2_800ep_pretrain.pth.tar")).toEqual(["moco-v2/resnet50", "pcl/resnet50"])
    expect(names("PCL_v2_epoch200.pth.tar")).toEqual(["pcl/resnet50", "moco-v2/resnet50"])
  })

  it("has the twelve models of Ozbulak et al. with their figures, and those of Marks et al.", () => {
    const all = [...published.values()]
    const twelve = all.filter(({ studies }) => studies.includes("a"))
    expect(twelve.map(({ family }) => family).toSorted()).toEqual(
      ["BYOL", "Barlow Twins", "DINO", "DeepCluster-v2", "MoCo v3", "OBoW", "PCL v2", "SeLa-v2", "SimCLR", "SimSiam"]
        .concat("SwAV", "VICReg")
        .toSorted(),
    )
    for (const { top1 } of twelve) expect(top1.map(({ source }) => source).join()).toContain("Ozbulak")
    const families = new Set(all.filter(({ studies }) => studies.includes("b")).map(({ family }) => family))
    expect(families.size).toBe(24)
  })
})
