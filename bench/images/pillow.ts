/** Pillow in one process a core, as a peer that walks when it is told to (`bench/peers/pillow.py`). */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const python = "/usr/bin/python3"
const script = fileURLToPath(new URL("../peers/pillow.py", import.meta.url))

const Hashes = Schema.fromJsonString(Schema.Array(Schema.String))
const Times = Schema.fromJsonString(Schema.Tuple([Schema.Finite, Schema.Finite]))

/** Pillow, with some images in memory. */
export interface Pillow {
  readonly version: string
  /** SHA-256 of each image's pixels. */
  readonly hashes: ReadonlyArray<string>
  /** Seconds that so many images take, and the seconds of a processor. */
  readonly walk: (images: number) => Effect.Effect<readonly [wall: number, work: number]>
}

const versionOf = (): string | undefined => {
  try {
    return execFileSync(python, ["-c", "import PIL; print(PIL.__version__)"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim()
  } catch {
    return undefined
  }
}

const ask = (child: ChildProcess, lines: AsyncIterator<string>, question?: string) =>
  Effect.promise(async () => {
    if (question !== undefined) child.stdin?.write(`${question}\n`)
    const { done, value } = await lines.next()
    if (done === true) throw new Error("Pillow's process ended")
    return value
  })

/** Starts Pillow with these images; undefined where there is none. */
export const pillow = Effect.fnUntraced(function* (
  files: ReadonlyArray<Uint8Array>,
  { filter, processes }: { readonly filter: string; readonly processes: number },
) {
  const version = versionOf()
  if (version === undefined) return undefined
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "rankshift-pillow-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true })),
  )
  for (const [i, bytes] of files.entries()) writeFileSync(join(folder, `${String(i).padStart(4, "0")}.jpg`), bytes)
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(python, [script, folder, `${processes}`, filter], { stdio: ["pipe", "pipe", "inherit"] })),
    // At the end of its input it ends, and its pool with it.
    (child) =>
      Effect.callback<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        child.stdin.end()
      }),
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const hashes = Schema.decodeUnknownSync(Hashes)(yield* ask(child, lines))
  const walk = (images: number) =>
    Effect.map(ask(child, lines, `${images}`), (line) => Schema.decodeUnknownSync(Times)(line))
  return { version, hashes, walk } satisfies Pillow
})
