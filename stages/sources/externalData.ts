/** Weights that an ONNX model keeps in files beside its own. */
import { readFile, realpath, stat } from "node:fs/promises"
import { basename, dirname, join, posix, sep, win32 } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Memo } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Model from "../../src/onnx/Model.ts"
import { contentStamp } from "./contentStamp.ts"
import { fileParts } from "./fileParts.ts"
import { unreadable } from "./paths.ts"
import { stampFile } from "./stamp.ts"

/** What protobuf lets a model be in one piece, less what `extract` puts around it. */
const most = 2 ** 31 - 2 ** 20

interface Weight {
  readonly tensor: string
  /** Empty where it is not said. */
  readonly location: string
}

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`

const together = "fetch the model again with the files beside it, or save it anew: onnx.save(onnx.load(path), path)"

const looked = (path: string) => Effect.tryPromise({ try: () => stat(path), catch: (cause) => unreadable(path, cause) })

const real = (path: string) =>
  Effect.tryPromise({ try: () => realpath(path), catch: (cause) => unreadable(path, cause) })

/** The file of a weight. Errors: none said, one outside of the model's folder, none there. */
const fileOf = Effect.fnUntraced(function* (
  model: string,
  { location, tensor }: Weight,
): Effect.fn.Return<string, StageError> {
  const said = JSON.stringify(location)
  const leaves = posix.isAbsolute(location) || win32.isAbsolute(location) || location.split(/[/\\]/u).includes("..")
  if (location === "" || leaves) {
    return yield* new StageError({
      message:
        location === ""
          ? `the weight ${tensor} lies in another file, and it is not said in which`
          : `the weight ${tensor} lies in ${said}, and a model may only name files below its own folder`,
      hint: together,
      file: model,
    })
  }
  const path = join(dirname(model), location)
  const found = yield* Effect.mapError(
    real(path),
    (error) =>
      new StageError({
        message: `${error.message}: the weight ${tensor} of ${basename(model)} lies in it`,
        hint: "put it beside the model, under this name",
        file: path,
        cause: error,
      }),
  )
  // A cache of downloads has links to files that lie together elsewhere: the model's own and those of its weights.
  const folders = yield* Effect.all([real(dirname(model)), Effect.map(real(model), dirname)])
  if (!folders.some((folder) => found.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    return yield* new StageError({
      message: `this link leaves the model's folder: the weight ${tensor} of ${basename(model)} lies in it`,
      hint: "copy the file to where the link is",
      file: path,
    })
  }
  if (!(yield* looked(path)).isFile()) {
    return yield* new StageError({
      message: `this is no file: the weight ${tensor} of ${basename(model)} lies in it`,
      hint: together,
      file: path,
    })
  }
  return path
})

/** The bytes of a model's own file. Errors: no such file, an empty one, one that is too large. */
export const ownBytes = Effect.fnUntraced(function* (path: string): Effect.fn.Return<Uint8Array, StageError> {
  const { size } = yield* looked(path)
  if (size > most) {
    return yield* new StageError({
      message: `the model has ${gigabytes(size)}, and onnxruntime takes one of at most 2 GiB`,
      hint: "export it as float16",
      file: path,
    })
  }
  const onnx = yield* Effect.tryPromise({ try: () => readFile(path), catch: (cause) => unreadable(path, cause) })
  return onnx.length > 0 ? onnx : yield* new StageError({ message: "the file is empty", file: path })
})

const decimal = /^\d{1,15}$/u

/** Where a weight's bytes lie. Errors: as of its file; bytes that are not there, or not as many as it needs. */
const place = Effect.fnUntraced(function* (model: string, weight: Model.External) {
  const { bytes, dims, length, location = "", offset = "0", tensor, type } = weight
  const path = yield* fileOf(model, { location, tensor })
  const said = `the weight ${tensor} of ${basename(model)}, ${type} [${dims.join(", ")}],`
  const refused = (what: string) => new StageError({ message: `${said} ${what}`, hint: together, file: path })
  if (bytes === undefined) return yield* refused("has no size that could be read from this file")
  if (!decimal.test(offset))
    return yield* refused(`begins at ${JSON.stringify(offset)} in this file, which is no place`)
  if (length !== undefined && length !== String(bytes)) {
    return yield* refused(`has ${length} bytes in this file, and needs ${bytes}`)
  }
  const { size } = yield* looked(path)
  if (Number(offset) + bytes > size) {
    return yield* refused(`has the ${bytes} bytes from ${offset} on of this file, which has ${size} bytes`)
  }
  return { path, offset: Number(offset), bytes, tensor }
})

/**
 * A model with all weights in its own bytes. `file` is the full path that they
 * were read from, `external` what lies in other files.
 *
 * Errors name the weight and its file: one that is missing, leaves the model's
 * folder or is too short; bytes that are not as many as type and dims need; more
 * than onnxruntime takes.
 */
export const selfContained = Effect.fnUntraced(function* (
  file: string,
  onnx: Uint8Array,
  external: ReadonlyArray<Model.External>,
) {
  const places = yield* Effect.forEach(external, (weight) => place(file, weight))
  const [largest] = places.toSorted((a, b) => b.bytes - a.bytes)
  const total = places.reduce((sum, { bytes }) => sum + bytes, onnx.length)
  if (largest !== undefined && total > most) {
    return yield* new StageError({
      message: `${basename(file)} has ${gigabytes(total)} with its weights, and onnxruntime takes a model of at most 2 GiB; the largest is ${largest.tensor} with ${gigabytes(largest.bytes)} in this file`,
      hint: "export it as float16",
      file: largest.path,
    })
  }
  const read = yield* fileParts
  const data = yield* Effect.forEach(places, read)
  return yield* Effect.mapError(
    Model.inline(onnx, data),
    ({ message }) => new StageError({ message: `the encoder is no ONNX model: ${message}`, file }),
  )
})

const Known = Schema.fromJsonString(
  Schema.Struct({
    stamp: Schema.String,
    weights: Schema.Array(Schema.Struct({ tensor: Schema.String, location: Schema.String })),
  }),
)

/** A weight of each file that the model names. */
const named = Effect.fnUntraced(function* (file: string) {
  const model = yield* Effect.option(Effect.flatMap(ownBytes(file), Model.read))
  // What is no model has no such files; `run` says what is wrong with it.
  const external = model._tag === "Some" ? model.value.external : []
  const first = new Map<string, Weight>()
  for (const { location = "", tensor } of external) if (!first.has(location)) first.set(location, { location, tensor })
  return [...first.values()]
})

/** The hash of a file's content, by which reports name it; of one that is too large to be taken its size and times. */
const stampOf = Effect.fnUntraced(function* (path: string) {
  const { size } = yield* looked(path)
  return yield* size > most ? stampFile(path) : contentStamp(path)
})

/**
 * A stamp of a model's file and of all files that its weights lie in. Which
 * those are is looked up when the model's own file has changed.
 *
 * Errors: as of the files.
 */
export const stampModel = Effect.fnUntraced(function* (file: string) {
  const memo = yield* Memo
  const name = `weights beside ${file}`
  const stamp = yield* stampOf(file)
  const kept = yield* memo.load(name)
  const known = yield* Effect.option(Schema.decodeUnknownEffect(Known)(Buffer.from(kept ?? []).toString("utf8")))
  const current = known._tag === "Some" && known.value.stamp === stamp
  const weights = current ? known.value.weights : yield* named(file)
  if (!current) yield* memo.save(name, Buffer.from(Schema.encodeSync(Known)({ stamp, weights })))
  const beside = yield* Effect.forEach(weights, (weight) => Effect.flatMap(fileOf(file, weight), stampOf))
  return [stamp, ...beside].join(" ")
})
