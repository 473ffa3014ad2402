import { mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Model from "../../../src/onnx/Model.ts"
import * as Proto from "../../../src/onnx/proto.ts"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { onnxFile } from "../../../stages/sources/onnxFile.ts"
import { runWhole, services } from "../../harness.ts"
import { edited, outside, weightsOf } from "../../onnx/outside.ts"
import { extracted, near, some } from "../extraction/images.ts"
import { featuresOf, network } from "../extraction/network.ts"
import { folderWith } from "./folderWith.ts"

const data = "model.onnx.data"
const layer = services()

const read = Effect.fnUntraced(function* (folder: string) {
  const { onnx } = yield* runWhole(onnxFile, {}, { file: join(folder, "model.onnx") })
  return onnx[0] ?? new Uint8Array(0)
}, Effect.scoped)

const stampOf = (folder: string) =>
  onnxFile.kind === "whole" && onnxFile.stamp !== undefined
    ? Effect.scoped(onnxFile.stamp({ file: join(folder, "model.onnx") }))
    : Effect.die("it has no stamp")

const inFolder = (onnx: Uint8Array, placeOf: Parameters<typeof outside>[1] = () => ({ location: data })) => {
  const { files, model } = outside(onnx, placeOf)
  return folderWith({ ...files, "model.onnx": model })
}

/** The small network, with something else said of its weight `weights`. */
const saying = Effect.fnUntraced(function* (
  said: Readonly<Record<string, string>>,
  change: (weight: Proto.Proto<"TensorProto">) => void = () => undefined,
) {
  const { files, model } = outside(yield* network(), () => ({ location: data }))
  const wrong = edited(model, ({ graph }) => {
    const weight = graph?.initializer.find(({ name }) => name === "weights")
    if (weight === undefined) return
    for (const pair of weight.externalData) pair.value = said[pair.key] ?? pair.value
    change(weight)
  })
  return yield* folderWith({ ...files, "model.onnx": wrong })
})

const bytesOf = (onnx: Uint8Array) =>
  weightsOf(Proto.decode(onnx).graph).map(({ name, rawData }) => [name, Buffer.from(rawData).toString("hex")])

describe("a model whose weights lie in other files", () => {
  it.live("gives one model that has them all, and leaves the files as they are", () =>
    Effect.gen(function* () {
      const folder = yield* inFolder(yield* network())
      const before = yield* stampOf(folder)
      const onnx = yield* read(folder)
      expect((yield* Model.read(onnx)).external).toEqual([])
      near(yield* extracted(onnx, { output: "flatten" }), some.map(featuresOf))
      expect(yield* stampOf(folder)).toBe(before)
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.effect.prop(
    "whatever files they lie in, and where in them",
    [
      Schema.NonEmptyArray(
        Schema.Struct({
          location: Schema.Literals(["a.bin", "weights/b.bin", "./weights/c d.bin", "ü.bin"]),
          gap: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 })),
          length: Schema.Boolean,
        }),
      ),
    ],
    ([places]) =>
      Effect.gen(function* () {
        const onnx = yield* network()
        const folder = yield* inFolder(onnx, (_, i) => places[i % places.length] ?? { location: data })
        expect(bytesOf(yield* read(folder))).toEqual(bytesOf(onnx))
      }).pipe(Effect.scoped, Effect.provide(layer)),
    { arbitrary: { runs: 20 } },
  )

  it.live("those of bodies and of constants too", () =>
    Effect.gen(function* () {
      const g = Graph.make("bodies")
      const x = g.input("x", "float32", [2])
      const body = (name: string, add: number) => {
        const b = g.body(name)
        b.output("y", b.op("Add", [x, b.constant(Tensor.float32([2], [add, 2 * add]))]), "float32", [2])
        return b
      }
      const yes = g.op("Constant", [], { value: Tensor.bool([], [true]) })
      const branches = { then_branch: body("then", 5), else_branch: body("else", 7) }
      g.output("y", g.op("If", [yes], branches), "float32", [2])
      const onnx = yield* g.bytes
      const folder = yield* inFolder(onnx)
      const own = yield* read(folder)
      expect(bytesOf(own)).toHaveLength(3)
      const session = yield* Session.open(own, { thread: "caller" })
      const { y } = yield* session.run({ x: Tensor.float32([2], [1, 1]) }, { y: "float32" })
      expect([...y.data]).toEqual([6, 11])
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.live("in a cache of downloads, where the names are links to files that lie together", () =>
    Effect.gen(function* () {
      const { files, model } = outside(yield* network(), () => ({ location: data }))
      const folder = yield* folderWith({ "blobs/1": model, "blobs/2": files[data] ?? "" })
      const snapshot = join(folder, "snapshots", "main")
      yield* Effect.promise(() => mkdir(snapshot, { recursive: true }))
      yield* Effect.promise(() => symlink("../../blobs/1", join(snapshot, "model.onnx")))
      yield* Effect.promise(() => symlink("../../blobs/2", join(snapshot, data)))
      near(yield* extracted(yield* read(snapshot), { output: "flatten" }), some.map(featuresOf))
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.live("has a stamp that changes with each of its files, and only with them", () =>
    Effect.gen(function* () {
      const folder = yield* inFolder(yield* network(), (name) => ({
        location: name === "weights" ? data : "other.data",
      }))
      const stamps = [yield* stampOf(folder)]
      expect(yield* stampOf(folder)).toBe(stamps[0])
      for (const name of [data, "other.data"]) {
        yield* Effect.promise(() => writeFile(join(folder, name), new Uint8Array(5000)))
        stamps.push(yield* stampOf(folder))
      }
      // The model's own file names others from now on.
      const { files, model } = outside(yield* network(), () => ({ location: "new.data" }))
      yield* Effect.promise(() => writeFile(join(folder, "new.data"), files["new.data"] ?? ""))
      yield* Effect.promise(() => writeFile(join(folder, "model.onnx"), model))
      stamps.push(yield* stampOf(folder))
      yield* Effect.promise(() => rm(join(folder, data)))
      expect(yield* stampOf(folder)).toBe(stamps.at(-1))
      yield* Effect.promise(() => writeFile(join(folder, "new.data"), new Uint8Array(5000)))
      stamps.push(yield* stampOf(folder))
      expect(new Set(stamps).size).toBe(5)
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )
})

describe("weights that cannot be read", () => {
  /** The error, which is the same where the model is only looked at if it is about the files themselves. */
  const error = Effect.fnUntraced(function* (folder: string, seen: boolean) {
    const found = yield* Effect.flip(read(folder))
    expect(found._tag).toBe("StageError")
    if (seen) expect(yield* Effect.flip(stampOf(folder))).toEqual(found)
    else yield* stampOf(folder)
    return found
  })

  it.live("a file that is missing, or no file", () =>
    Effect.gen(function* () {
      const folder = yield* saying({})
      yield* Effect.promise(() => rm(join(folder, data)))
      const missing = yield* error(folder, true)
      expect(missing).toMatchObject({ file: join(folder, data), hint: expect.stringContaining("beside the model") })
      expect(missing.message).toBe("no such file: the weight weights of model.onnx lies in it")
      yield* Effect.promise(() => mkdir(join(folder, data)))
      expect((yield* error(folder, true)).message).toBe("this is no file: the weight weights of model.onnx lies in it")
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.live("a place outside of the model's folder", () =>
    Effect.gen(function* () {
      for (const location of ["/etc/passwd", "../model.onnx.data", "a/../../b", "C:\\data", "..\\b", "\\\\server\\b"]) {
        const folder = yield* saying({ location })
        const found = yield* error(folder, true)
        expect(found.file).toBe(join(folder, "model.onnx"))
        expect(found.message).toBe(
          `the weight weights lies in ${JSON.stringify(location)}, and a model may only name files below its own folder`,
        )
      }
      const nowhere = yield* error(yield* saying({ location: "" }), true)
      expect(nowhere.message).toBe("the weight weights lies in another file, and it is not said in which")
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.live("a link that leads out of it", () =>
    Effect.gen(function* () {
      const folder = yield* saying({})
      const elsewhere = yield* folderWith({})
      yield* Effect.promise(() => rename(join(folder, data), join(elsewhere, data)))
      yield* Effect.promise(() => symlink(join(elsewhere, data), join(folder, data)))
      const file = yield* error(folder, true)
      expect(file.file).toBe(join(folder, data))
      expect(file.message).toBe("this link leaves the model's folder: the weight weights of model.onnx lies in it")
      const within = yield* saying({ location: `linked/${data}` })
      yield* Effect.promise(() => symlink(elsewhere, join(within, "linked")))
      expect((yield* error(within, true)).message).toContain("leaves the model's folder")
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.live("bytes that are not there, or not as many as the weight needs", () =>
    Effect.gen(function* () {
      const cut = yield* saying({})
      yield* Effect.promise(() => truncate(join(cut, data), 400))
      const short = yield* error(cut, false)
      expect(short.file).toBe(join(cut, data))
      expect(short.message).toBe(
        "the weight weights of model.onnx, float32 [4, 3, 3, 3], has the 432 bytes from 0 on of this file, which has 400 bytes",
      )
      const said = "the weight weights of model.onnx, float32 [4, 3, 3, 3],"
      const cases = [
        [{ offset: "100000" }, `${said} has the 432 bytes from 100000 on of this file, which has 452 bytes`],
        [{ offset: "-1" }, `${said} begins at "-1" in this file, which is no place`],
        [{ offset: "1e2" }, `${said} begins at "1e2" in this file, which is no place`],
        [{ length: "431" }, `${said} has 431 bytes in this file, and needs 432`],
      ] as const
      for (const [wrong, message] of cases) expect((yield* error(yield* saying(wrong), false)).message).toBe(message)
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.live("a type or dims that have no size", () =>
    Effect.gen(function* () {
      const changes: ReadonlyArray<(weight: Proto.Proto<"TensorProto">) => void> = [
        (weight) => void (weight.dataType = 8),
        (weight) => void (weight.dataType = 99),
        (weight) => void (weight.dims = [-1n, 4n]),
        (weight) => void (weight.dims = [2n ** 62n, 2n ** 62n]),
      ]
      for (const change of changes) {
        const found = yield* error(yield* saying({}, change), false)
        expect(found.message).toMatch(/^the weight weights of model.onnx, .* has no size that could be read/u)
      }
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.live("more than onnxruntime takes, found out without reading it", () =>
    Effect.gen(function* () {
      const large = 750_000_000
      const folder = yield* saying({ length: String(4 * large), offset: "0" }, (weight) => {
        weight.dims = [BigInt(large)]
      })
      yield* Effect.promise(() => truncate(join(folder, data), 4 * large))
      const found = yield* error(folder, false)
      expect(found.file).toBe(join(folder, data))
      expect(found.message).toBe(
        "model.onnx has 2.79 GiB with its weights, and onnxruntime takes a model of at most 2 GiB; the largest is weights with 2.79 GiB in this file",
      )
      yield* Effect.promise(() => truncate(join(folder, "model.onnx"), 2 ** 31))
      const own = yield* Effect.flip(read(folder))
      expect(own).toMatchObject({ file: join(folder, "model.onnx"), hint: expect.stringContaining("float16") })
      expect(own.message).toBe("the model has 2.00 GiB, and onnxruntime takes one of at most 2 GiB")
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )
})
