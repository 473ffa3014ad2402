import { open } from "node:fs/promises"
import { posix } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tar from "effect/encoding/Tar"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { Manifest } from "../tables.ts"
import { ExtensionsParam, extensionsHint, hasExtension } from "./extensions.ts"
import { FilesParam, manifestOf, type Member, type Report, stampFiles } from "./packed.ts"
import { shortName, unreadable } from "./paths.ts"

const Params = Schema.Struct({
  /** The tar, or several. */
  file: FilesParam,
  /** Which members are images, by the end of their names. */
  extensions: ExtensionsParam,
})
type Params = typeof Params.Type

const chunkBytes = 1 << 20
const blockBytes = 512

/** A path as an id: `./a/b.jpg` and `/a/b.jpg` are `a/b.jpg`. */
const idOf = (path: string) => path.replace(/^(?:\.?\/)+/u, "")

const isHidden = (id: string) => id.split("/").some((part) => part.startsWith("."))

const asStageError =
  (file: string) =>
  (error: Tar.TarError | StageError): StageError => {
    if (error._tag === "StageError") return error
    if (error.kind === "Truncated") {
      return new StageError({ message: `this tar is truncated: ${error.message}`, hint: "fetch it again", file })
    }
    return new StageError({
      message: `this tar cannot be read: ${error.message}`,
      hint: "a compressed tar (.tar.gz) has to be uncompressed first, a sparse one to be packed anew",
      file,
    })
  }

/** The bytes of a file in pieces, each in a buffer of its own, of which `at` is told where in the file it begins. */
const chunks = (file: string, at: (chunk: Uint8Array, offset: number) => void) =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(
        Effect.tryPromise({ try: () => open(file, "r"), catch: (cause) => unreadable(file, cause) }),
        (handle) => Effect.ignore(Effect.tryPromise(() => handle.close())),
      ),
      (handle) =>
        Stream.unfold(0, (offset) =>
          Effect.tryPromise({
            try: async () => {
              const buffer = new Uint8Array(chunkBytes)
              const { bytesRead } = await handle.read(buffer, 0, chunkBytes, offset)
              if (bytesRead === 0) return undefined
              const chunk = buffer.subarray(0, bytesRead)
              at(chunk, offset)
              return [chunk, offset + bytesRead] as const
            },
            catch: (cause) => unreadable(file, cause),
          }),
        ),
    ),
  )

interface Link {
  readonly id: string
  readonly to: string
}

/** What links stand for: the member at the end of a chain of them. */
const linked = (links: ReadonlyArray<Link>, members: ReadonlyArray<Member>, file: string) =>
  Effect.gen(function* () {
    if (links.length === 0) return []
    const byId = new Map(members.map((member) => [member.id, member]))
    const next = new Map(links.map(({ id, to }) => [id, to]))
    const found: Array<Member> = []
    for (const { id } of links) {
      let at = id
      for (let steps = 0; steps < 40 && next.has(at); steps++) at = next.get(at) ?? at
      const member = byId.get(at)
      if (member === undefined) {
        return yield* new StageError({
          message: `the link ${JSON.stringify(id)} leads to ${JSON.stringify(at)}, which is no image of this tar`,
          file,
        })
      }
      found.push({ ...member, id })
    }
    return found
  })

const scan = (params: Params) => {
  const isImage = hasExtension(params.extensions)
  return Effect.fnUntraced(function* (file: string, report: Report) {
    // The decoder hands out views into what it is given, so a view's buffer tells
    // where in the file it lies: neither it nor its headers say so.
    const starts = new WeakMap<ArrayBufferLike, number>()
    const members: Array<Member> = []
    const links: Array<Link> = []
    let tail: Uint8Array = new Uint8Array()
    let done = 0

    const content = Effect.fnUntraced(function* (
      id: string,
      size: number,
      body: Stream.Stream<Uint8Array, Tar.TarError | StageError>,
    ) {
      const hash = Hash.hasher()
      let offset = size === 0 ? 0 : undefined
      yield* Stream.runForEach(body, (bytes) =>
        Effect.sync(() => {
          const start = starts.get(bytes.buffer)
          if (start !== undefined) offset ??= start + bytes.byteOffset
          hash.update(bytes)
        }),
      )
      if (offset === undefined) return yield* Effect.die(`the tar decoder copied the bytes of ${id}`)
      members.push({ id, hash: hash.digest(), bytes: size, offset })
    })

    const source = chunks(file, (chunk, offset) => {
      starts.set(chunk.buffer, offset)
      tail = chunk.subarray(-blockBytes)
      done = offset
    })
    yield* source.pipe(
      Stream.pipeThroughChannel(Tar.decode()),
      Stream.runForEach(({ header, body }) => {
        const id = idOf(header.path)
        if (!isImage(id) || isHidden(id)) return Effect.void
        if (header.type === "File")
          return Effect.andThen(
            content(id, header.size, body),
            Effect.suspend(() => report(done)),
          )
        const target = header.linkTarget ?? ""
        if (header.type === "Hardlink") links.push({ id, to: idOf(target) })
        if (header.type === "Symlink") links.push({ id, to: posix.join(posix.dirname(id), target) })
        return Effect.void
      }),
      Effect.mapError(asStageError(file)),
    )
    // The decoder takes a file that ends between two members for whole.
    if (tail.length < blockBytes || tail.some((byte) => byte !== 0)) {
      return yield* new StageError({
        message: "this tar is truncated: its end mark is missing",
        hint: "fetch it again",
        file,
      })
    }
    const all = [...members, ...(yield* linked(links, members, file))]
    if (all.length === 0) {
      return yield* new StageError({
        message: "there are no images in this tar",
        hint: extensionsHint(params.extensions),
        file,
      })
    }
    return all
  })
}

/**
 * The images in a tar, or in several as one set: the path in the tar is the id
 * (`./` in front is left out), sorted by code unit. Hidden members and members
 * without one of the `extensions` are left out; links within a tar stand for
 * what they lead to. Read by Effect's decoder: v7, USTAR, PAX and GNU, long names
 * and sizes included.
 *
 * A tar is read once, and again only when its size, times or inode have changed;
 * images are then read where they lie in it. A truncated tar, an id that comes
 * twice and a tar without images are errors that name the file.
 */
export const tarFiles = whole("tarFiles", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Manifest,
  stamp: ({ file }) => stampFiles(file),
  run: (_, params) => manifestOf(`tar ${params.extensions.join()}`, params.file, scan(params)),
  label: ({ file }) => shortName([file].flat()[0] ?? ""),
})
