/** Looks into a model's file, without a pipeline. */
import { open as openFile, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Model from "../../src/onnx/Model.ts"
import { imageInput } from "../extraction/input.ts"
import { inferred } from "../extraction/inferred.ts"
import { selfContained } from "../sources/externalData.ts"
import { unreadable } from "../sources/paths.ts"
import type { Built } from "./Built.ts"
import { all, choose } from "./Candidate.ts"
import type { Description } from "./Description.ts"
import { filesOf, open, refused } from "./files.ts"
import { isOnnx } from "./isOnnx.ts"
import { build } from "./network.ts"
import { alike } from "./registry/index.ts"

/** What a file is, and the encoder that it gives where it is a checkpoint. */
export interface Described {
  readonly description: Description
  readonly built: Built | undefined
}

const read = (path: string, bytes: number | undefined) =>
  Effect.tryPromise({
    try: async () => {
      const file = await openFile(path)
      try {
        if (bytes === undefined) return await file.readFile()
        const { buffer, bytesRead } = await file.read(new Uint8Array(bytes), 0, bytes, 0)
        return buffer.subarray(0, bytesRead)
      } finally {
        await file.close()
      }
    },
    catch: (cause) => unreadable(path, cause),
  })

const port = ({ dims, name, type }: Model.Described) => ({ name, type, dims: dims ?? null })

/** Files of weights beside a model, with what it takes of each. */
const beside = (file: string, external: ReadonlyArray<Model.External>) =>
  Effect.forEach(new Set(external.map(({ location = "" }) => location)), (location) => {
    const weights = external.filter((weight) => weight.location === location)
    return Effect.map(
      Effect.promise(() => stat(join(dirname(file), location)).then(Boolean, () => false)),
      (there) => ({
        file: location,
        weights: weights.length,
        bytes: weights.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
        missing: !there,
      }),
    )
  })

/** The inner values, those that the model does not describe as onnxruntime infers them. */
const taps = Effect.fnUntraced(
  function* (file: string, onnx: Uint8Array, model: Model.Model) {
    const { external, values } = model
    const unknown = values.filter(({ dims }) => dims === undefined).map(({ name }) => name)
    if (unknown.length === 0) return values
    const whole = external.length === 0 ? onnx : yield* selfContained(file, onnx, external)
    const found = yield* inferred(whole, unknown, yield* imageInput(model, {}))
    const known = new Map(found.map((value) => [value.name, value]))
    return values.map((value) => known.get(value.name) ?? value)
  },
  Effect.scoped,
  (effect, _file, _onnx, { values }) =>
    // Where it cannot be opened there are their names.
    Effect.orElseSucceed(effect, () => values),
)

const onnx = Effect.fnUntraced(function* (file: string): Effect.fn.Return<Described, StageError> {
  const bytes = yield* read(file, undefined)
  const model = yield* Effect.mapError(
    Model.read(bytes),
    ({ message }) => new StageError({ message: `this ONNX file cannot be read: ${message}`, file }),
  )
  const description: Description = {
    kind: "onnx",
    file,
    producer: model.producer,
    opsets: Object.fromEntries(model.opsets),
    inputs: model.inputs.map(port),
    outputs: model.outputs.map(port),
    taps: (yield* taps(file, bytes, model)).map(port),
    weights: model.initialisers.length,
    external: yield* beside(file, model.external),
  }
  return { description, built: undefined }
})

const checkpoint = Effect.fnUntraced(function* (
  path: string,
  weights: string | undefined,
): Effect.fn.Return<Described, StageError> {
  const files = yield* filesOf(path)
  const found = yield* open(files)
  return yield* Effect.try({
    try: () => {
      const candidates = all(found.weights)
      const chosen = choose(found.weights, weights)
      const built = build(chosen)
      const taken = new Set(candidates.flatMap(({ elsewhere = [] }) => elsewhere))
      const { inputs, outputs } = built.graph.parts
      const description: Description = {
        kind: "checkpoint",
        file: files.main,
        container: found.container,
        weights: found.weights.size,
        networks: candidates.map(({ prefix, weights }) => ({ weightsAt: prefix, weights: weights.size })),
        chosen: chosen.prefix,
        architecture: built.architecture,
        alike: alike(built.architecture, chosen.prefix, basename(files.main)).map(([name]) => name),
        inputs: inputs.map(({ dims, name, type }) => ({ name, type, dims: [...dims] })),
        outputs: outputs.map(({ dims, name, type }) => ({ name, type, dims: [...dims] })),
        taps: built.taps,
        leftOut: built.leftOut,
        beside: [...found.weights.keys()].filter(
          (name) => !taken.has(name) && !candidates.some(({ prefix }) => name.startsWith(prefix)),
        ),
      }
      return { description, built }
    },
    catch: refused(files.main),
  })
})

/**
 * What a checkpoint or an ONNX file is. `path` is a full path, `weights` names
 * one of several networks by a part of what stands before its names.
 *
 * Errors: no such file, one that is neither, or that holds no network.
 */
export const describe = Effect.fnUntraced(function* (path: string, weights: string | undefined) {
  const { main } = yield* filesOf(path)
  return isOnnx(yield* read(main, 2)) ? yield* onnx(main) : yield* checkpoint(path, weights)
})
