/** The files that a checkpoint consists of: one, or TensorFlow's index and the data beside it. */
import { open as openFile, readdir, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import { unreadable } from "../sources/paths.ts"
import { type Checkpoint, parse } from "./Checkpoint.ts"
import { Malformed } from "./Malformed.ts"

const index = ".index"

/** The file to begin with, and those that may belong to it. */
export interface Files {
  readonly main: string
  readonly beside: ReadonlyArray<string>
}

const exists = (path: string) => Effect.promise(() => stat(path).then(Boolean, () => false))

/** The index of a checkpoint that is named as TensorFlow does (`model.ckpt-225206`), or by one of its data files. */
const indexOf = Effect.fnUntraced(function* (path: string) {
  const stem = path.replace(/\.data-\d{5}-of-\d{5}$/u, "")
  if (stem === path && (yield* exists(path))) return path
  return (yield* exists(`${stem}${index}`)) ? `${stem}${index}` : path
})

/** The files of the checkpoint at a full path. */
export const filesOf = Effect.fnUntraced(function* (path: string): Effect.fn.Return<Files, StageError> {
  const main = yield* indexOf(path)
  if (!main.endsWith(index)) return { main, beside: [] }
  const folder = dirname(main)
  const stem = basename(main, index)
  const names = yield* Effect.tryPromise({ try: () => readdir(folder), catch: (cause) => unreadable(main, cause) })
  const beside = names.filter((name) => name.startsWith(`${stem}.data-`)).toSorted()
  return { main, beside: beside.map((name) => join(folder, name)) }
})

/** What is wrong with a checkpoint, as an error that names its file. */
export const refused = (file: string) => (cause: unknown) => {
  const hint = cause instanceof Malformed ? cause.hint : undefined
  const said = cause instanceof Error ? cause.message : String(cause)
  return new StageError({
    message: `this checkpoint cannot be read: ${said}`,
    file,
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}

// What Node.js reads at once. Checkpoints with the optimiser's state are larger than readFile can take.
const piece = 2 ** 30

const whole = async (path: string): Promise<Uint8Array> => {
  const file = await openFile(path)
  try {
    const bytes = Buffer.allocUnsafe((await file.stat()).size)
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await file.read(bytes, at, Math.min(piece, bytes.length - at), at)
      if (bytesRead === 0) return bytes.subarray(0, at)
      at += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}

const content = (path: string) =>
  Effect.tryPromise({ try: () => whole(path), catch: (cause) => unreadable(path, cause) })

/** Reads a checkpoint and takes it apart. */
export const open = Effect.fnUntraced(function* ({ beside, main }: Files): Effect.fn.Return<Checkpoint, StageError> {
  const bytes = yield* content(main)
  const stem = main.slice(0, -index.length)
  const others = new Map<string, Uint8Array>()
  for (const path of beside) others.set(path.slice(stem.length), yield* content(path))
  return yield* Effect.try({ try: () => parse(bytes, (ending) => others.get(ending)), catch: refused(main) })
})
