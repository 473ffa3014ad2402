import { open } from "node:fs/promises"
import { posix } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Node } from "../../src/dsl/Node.ts"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { encoderOf, Reading } from "../checkpoints/encoder.ts"
import { isOnnx } from "../checkpoints/isOnnx.ts"
import { modelOf } from "../extraction/model.ts"
import { Encoder } from "../tables.ts"
import { ownBytes, selfContained } from "./externalData.ts"
import { unreadable } from "./paths.ts"

const isInside = (path: string) =>
  path.split("/").every((part) => !["", ".", ".."].includes(part)) && !/[\\\p{Cc}]/u.test(path)

/** A file from the root of the repository on. */
const File = Schema.String.check(
  Schema.makeFilter((path) => isInside(path) || "a path within the repository, as onnx/model.onnx"),
)

const Params = Schema.Struct({
  /** `owner/name` */
  repository: Schema.String.check(Schema.isPattern(/^(?:\w[\w.-]*\/)?\w[\w.-]*$/u)),
  /** The ONNX file or checkpoint. */
  file: File,
  /** A branch, a tag or, for results that stay, the full hash of a commit. */
  revision: Schema.String.check(
    Schema.makeFilter((revision) => isInside(revision) || "a branch, a tag or the hash of a commit"),
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed("main"))),
  /** Files that have to lie beside it: TensorFlow's data for an `.index`. An ONNX file names its own. */
  files: Schema.optionalKey(Schema.Array(File)),
  /** What the file must be, in hex. */
  sha256: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/u))),
  /** What no file may be larger than. */
  maxBytes: Schema.Int.check(Schema.isGreaterThan(0)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(8e9))),
  ...Reading.fields,
})
type Params = typeof Params.Type

// Loaded where it is used: most pipelines have no use for a network.
const repositoryOf = Effect.fnUntraced(function* (params: Params) {
  const { open } = yield* Effect.promise(() => import("./hub/Repository.ts"))
  return yield* open(params)
})

const head = (path: string) =>
  Effect.tryPromise({
    try: async () => {
      const file = await open(path)
      try {
        const { buffer, bytesRead } = await file.read(new Uint8Array(2), 0, 2, 0)
        return buffer.subarray(0, bytesRead)
      } finally {
        await file.close()
      }
    },
    catch: (cause) => unreadable(path, cause),
  })

/** The stage behind `hub`. */
export const hubFile = whole("hub", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Encoder,
  label: ({ repository }) => repository.replace(/^.*\//u, ""),
  stamp: (params) => Effect.map(repositoryOf(params), ({ commit }) => commit),
  run: Effect.fnUntraced(function* (_, params) {
    const { file, files = [], maxBytes, repository: _name, revision: _revision, sha256, ...reading } = params
    const { fetch, seen } = yield* repositoryOf(params)
    const fetchAll = (others: Iterable<string>) =>
      Effect.forEach(others, (other) => fetch(other, { sha256: undefined, maxBytes }), { discard: true })
    const path = yield* fetch(file, { sha256, maxBytes })
    yield* fetchAll(files)
    if (!isOnnx(yield* head(path))) {
      yield* seen
      return { onnx: [yield* encoderOf(path, reading)] }
    }
    const onnx = yield* ownBytes(path)
    const { external } = yield* Effect.mapError(
      modelOf(onnx),
      (error) => new StageError({ ...error, message: error.message, file: path }),
    )
    // What leads out of the repository is left to be refused where the weights are read.
    const beside = new Set(external.map(({ location = "" }) => posix.join(posix.dirname(file), location)))
    yield* fetchAll([...beside].filter(isInside))
    yield* seen
    return { onnx: [external.length === 0 ? onnx : yield* selfContained(path, onnx, external)] }
  }),
})

/** How a file of a hub is to be fetched and read. */
export type HubOptions = Omit<typeof Params.Encoded, "repository" | "file">

/**
 * A pretrained encoder from a hub as Hugging Face's: an ONNX file, with the files
 * that its weights lie in, or a checkpoint (what it may be, and how it is read,
 * see `checkpoint`). It is downloaded once, to where Hugging Face's own tools
 * keep their downloads, and what these have fetched is not fetched again.
 *
 * A commit is never asked for again. A branch or a tag (`main` where nothing is
 * said) is asked for once a run: where it has moved, the file at the new commit
 * is taken, and what it changes is computed; where the hub cannot be reached the
 * former commit is taken, with a warning.
 *
 * `HF_ENDPOINT` names a mirror, `HF_TOKEN` opens gated and private repositories,
 * `HF_HUB_OFFLINE=1` forbids the network, `HF_HUB_CACHE` names the folder.
 *
 * Errors: no such repository, revision or file; no access; too many requests; a
 * hub that does not answer; a hash that differs; a file larger than `maxBytes`;
 * what is wrong with the file.
 *
 * @example
 * const dino = hub("owner/dino-resnet50", "onnx/model.onnx", { revision: "5c2f64ad6c1d0e5f7b8a9c3d2e1f0a9b8c7d6e5f" })
 */
export const hub = (repository: string, file: string, options: HubOptions = {}): Node<typeof Encoder> =>
  hubFile({ repository, file, ...options })
