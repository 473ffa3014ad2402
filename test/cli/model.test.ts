import { fileURLToPath } from "node:url"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { main } from "../../src/cli/main.ts"
import { Pipeline } from "../../src/index.ts"
import * as Model from "../../src/onnx/Model.ts"
import * as Session from "../../src/onnx/Session.ts"
import { Output } from "../../src/report/Output.ts"
import { Description } from "../../stages/checkpoints/Description.ts"
import { screen } from "../report/screens.ts"
import { edited, outside } from "../onnx/outside.ts"
import { network } from "../stages/extraction/network.ts"
import { start } from "./spawned.ts"
import { near, pixels } from "../stages/checkpoints/encoders.ts"
import { computed } from "../stages/checkpoints/files.ts"

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/checkpoints/${name}`, import.meta.url))

const call = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const [out, err] = [screen(), screen()]
  const code = yield* main(Pipeline.make(import.meta, "none", {}), ["model", ...args]).pipe(
    Effect.matchEffect({ onFailure: ({ code }) => Effect.succeed(code), onSuccess: () => Effect.succeed(0) }),
    Effect.provide(Layer.mergeAll(NodeServices.layer, Layer.succeed(Output, Output.of({ out, err })))),
  )
  return { code, out: out.lines(), err: err.lines() }
})

const described = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { out } = yield* call(...args, "--json")
  return yield* Schema.decodeUnknownEffect(Schema.fromJsonString(Description))(out.join("\n"))
})

describe("model", () => {
  it.effect("says what a checkpoint is: its networks, the one that is taken, what is left out", () =>
    Effect.gen(function* () {
      const { code, out } = yield* call(fixture("mocov3.pth.tar"))
      expect(code).toBe(0)
      expect(out).toEqual([
        `file       ${fixture("mocov3.pth.tar")}`,
        "kind       checkpoint, pytorch zip, 639 weights",
        "networks   ResNet-50 (width 0.015625): 319 weights at state_dict.module.base_encoder.",
        "           another, not taken: 319 weights at state_dict.module.momentum_encoder.",
        "published  no model that is known has such a network there",
        "inputs     pixels  float32 [batch, 3, height, width]",
        "outputs    features  float32 [batch, 32]: mean over the places of the last stage",
        "left out   fc.0.weight",
        "           53 counters of batches",
        "beside it  state_dict.module.predictor.0.weight",
      ])
      const other = yield* described(fixture("mocov3.pth.tar"), "--weights", "momentum_encoder")
      expect(other).toMatchObject({ kind: "checkpoint", chosen: "state_dict.module.momentum_encoder." })
      const haiku = yield* described(fixture("byol.pkl"))
      expect(haiku).toMatchObject({ container: "pickle", beside: ["experiment_state.opt_state.count", "rng"] })
    }),
  )

  it.effect("writes its encoder, whole or not at all, and says what that ONNX file is", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const file = `${folder}/simclr.onnx`
      const { err } = yield* call(fixture("simclr.zip"), "-o", file)
      expect(err.join()).toContain(`written: ${file}`)
      const session = yield* Session.open(yield* fs.readFile(file), { thread: "caller" })
      const { features } = yield* session.run({ pixels }, { features: "float32" })
      near(features.data, computed("model.ckpt-225206").features)
      const found = yield* described(file)
      expect(found).toMatchObject({ kind: "onnx", inputs: [{ name: "pixels" }], external: [] })
      expect((yield* Model.read(yield* fs.readFile(file))).outputs.map(({ name }) => name)).toEqual([
        "features",
        "logits",
      ])

      const again = yield* call(file, "-o", `${folder}/again.onnx`)
      expect([again.code, again.err.join()]).toEqual([2, expect.stringContaining("an ONNX file already")])
      const nowhere = yield* call(fixture("simclr.zip"), "-o", `${folder}/missing/x.onnx`)
      expect([nowhere.code, nowhere.err.join()]).toEqual([2, expect.stringContaining("cannot write")])
      expect(yield* fs.readDirectory(folder)).toEqual(["simclr.onnx"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("says what an ONNX file from elsewhere takes, gives and computes between, and where its weights lie", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const file = `${folder}/model.onnx`
      const { files, model } = outside(yield* network(), (name) => ({ location: `${name}.data` }))
      yield* fs.writeFile(file, model)
      for (const [name, content] of Object.entries(files)) yield* fs.writeFile(`${folder}/${name}`, content)
      const { code, out } = yield* call(file)
      expect(code).toBe(0)
      expect(out).toEqual([
        `file       ${file}`,
        "kind       ONNX, opset ai.onnx 21, 3 weights",
        "kept in    weights.data  1 weights, 432 B",
        "           biases.data  1 weights, 16 B",
        "           two.data  1 weights, 4 B",
        "inputs     image  float32 [n, 3, h, w]",
        "outputs    logits  float32 [n, 4]",
        "taps       conv  float32 [n, 4, ?, ?]",
        "           relu  float32 [n, 4, ?, ?]",
        "           maxpool  float32 [n, 4, ?, ?]",
        "           globalaveragepool  float32 [n, 4, 1, 1]",
        "           flatten  float32 [n, 4]",
      ])
      yield* fs.remove(`${folder}/two.data`)
      const names = ["conv", "relu", "maxpool", "globalaveragepool", "flatten"]
      expect(yield* described(file)).toMatchObject({
        external: [{ missing: false }, { missing: false }, { file: "two.data", weights: 1, bytes: 4, missing: true }],
        taps: names.map((name) => ({ name, dims: null })),
      })
      expect((yield* call(file)).out.join("\n")).toContain("two.data  1 weights, 4 B, which is missing")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("names the values of a model that cannot be opened, and ends", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped()}/model.onnx`
      const onnx = edited(yield* network(), ({ graph }) => {
        for (const node of graph?.node ?? []) if (node.opType === "Relu") node.opType = "Magic"
      })
      yield* fs.writeFile(file, onnx)
      const process = start(["model", file])
      expect(yield* Effect.promise(() => process.ended)).toBe(0)
      expect(process.out()).toMatch(/^taps {7}conv\n {11}relu\n {11}maxpool\n/mu)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("says what is wrong with a file, which one it is, and what to do", () =>
    Effect.gen(function* () {
      const missing = yield* call("nowhere.pth")
      expect(missing.code).toBe(2)
      expect(missing.err.join("\n")).toContain("error: no such file")
      const wrong = yield* call(fixture("make.py"))
      expect(wrong.code).toBe(2)
      expect(wrong.err.join("\n")).toMatch(/none of the containers .*\nfile: .*make\.py\nhint: PyTorch/u)
      expect(wrong.out).toEqual([])
    }),
  )
})
