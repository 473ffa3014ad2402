import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Graph from "../../../src/onnx/Graph.ts"
import { onnxFile } from "../../../stages/sources/onnxFile.ts"
import { runWhole, services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"

const stampOf = (file: string) =>
  onnxFile.kind === "whole" && onnxFile.stamp !== undefined ? onnxFile.stamp({ file }) : Effect.die("it has no stamp")

const model = Effect.suspend(() => {
  const g = Graph.make("identity")
  const pixels = g.input("pixels", "float32", ["rows", 4])
  g.output("features", g.op("Identity", [pixels]), "float32", ["rows", 4])
  return g.bytes
})

describe("onnxFile", () => {
  it.effect("gives the bytes of a file, found from the pipeline's folder", () =>
    Effect.gen(function* () {
      const bytes = yield* model
      const directory = yield* folderWith({ "model.onnx": bytes })
      const { onnx } = yield* Effect.provide(runWhole(onnxFile, {}, { file: "model.onnx" }), services({ directory }))
      expect(onnx).toEqual([Buffer.from(bytes)])
    }),
  )

  it.effect("has a stamp that changes with the file only", () =>
    Effect.gen(function* () {
      const file = join(yield* folderWith({ "model.onnx": "one" }), "model.onnx")
      const first = yield* stampOf(file)
      expect(yield* stampOf(file)).toBe(first)
      yield* Effect.promise(() => writeFile(file, "two"))
      expect(yield* stampOf(file)).not.toBe(first)
    }).pipe(Effect.provide(services())),
  )

  it.effect("a missing file, an empty one and a folder are errors that name it", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "empty.onnx": "" })
      const error = (file: string) => Effect.flip(runWhole(onnxFile, {}, { file }))
      const missing = join(folder, "missing.onnx")
      expect(yield* error(missing)).toMatchObject({ _tag: "StageError", message: "no such file", file: missing })
      expect(yield* Effect.flip(stampOf(missing))).toMatchObject({ message: "no such file", file: missing })
      const empty = join(folder, "empty.onnx")
      expect(yield* error(empty)).toMatchObject({ message: "the file is empty", file: empty })
      expect((yield* error(folder)).message).toContain("folder")
    }).pipe(Effect.provide(services())),
  )

  it.effect("a file cut short and one that is no model are errors that name it and say what to do", () =>
    Effect.gen(function* () {
      const bytes = yield* model
      const folder = yield* folderWith({
        "short.onnx": bytes.subarray(0, bytes.length / 2),
        "checkpoint.onnx": "PK and so on",
      })
      for (const name of ["short.onnx", "checkpoint.onnx"]) {
        const file = join(folder, name)
        const error = yield* Effect.flip(runWhole(onnxFile, {}, { file }))
        expect(error).toMatchObject({ _tag: "StageError", file, hint: expect.stringContaining("export") })
        expect(error.message).toContain("no ONNX model")
      }
    }).pipe(Effect.provide(services())),
  )

  it("is called as the file is", () => {
    expect(onnxFile.label?.({ file: "models/dino_resnet50.onnx" })).toBe("dino_resnet50")
  })
})
