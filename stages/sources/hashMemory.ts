import * as Effect from "effect/Effect"
import { Memo } from "../../src/dsl/Services.ts"

/** The content hash of something, as long as its stamp is this. */
export interface Known {
  readonly id: string
  readonly stamp: string
  readonly hash: string
}

/**
 * Hashes remembered from earlier runs, in order of id. Walked once, forward:
 * for 1.28 million files a buffer of 160 MB, and no map beside it.
 */
export interface HashMemory {
  /** The next one, in order. */
  readonly next: () => Known | undefined
  /** The hash of an id with this stamp. Ids have to be asked for in order by code unit. */
  readonly find: (id: string, stamp: string) => string | undefined
  /** What has not been walked yet, as it was saved. */
  readonly rest: () => Uint8Array
}

// A record is three texts that each end in a zero byte, which no path can hold.
// In front stands the format's name.
const format = "hashes 1\0"

const recordsOf = (bytes: Uint8Array | undefined): Buffer => {
  if (bytes === undefined) return Buffer.alloc(0)
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return all.toString("latin1", 0, format.length) === format ? all.subarray(format.length) : Buffer.alloc(0)
}

/** Loads what was saved under a name; where there is none, nothing is known. */
export const load = (name: string): Effect.Effect<HashMemory, never, Memo> =>
  Effect.gen(function* () {
    const memo = yield* Memo
    const records = recordsOf(yield* memo.load(name))
    let at = 0
    const text = (): string => {
      const start = at
      const end = records.indexOf(0, start)
      at = end < 0 ? records.length : end + 1
      return end < 0 ? "" : records.toString("utf8", start, end)
    }
    const next = () => (at < records.length ? { id: text(), stamp: text(), hash: text() } : undefined)
    return {
      next,
      find: (id, stamp) => {
        while (at < records.length) {
          const before = at
          const known = next()
          if (known?.id === id) return known.stamp === stamp ? known.hash : undefined
          if (known === undefined || known.id > id) {
            at = before
            return undefined
          }
        }
        return undefined
      },
      rest: () => records.subarray(at),
    }
  })

/** Hashes to be remembered. */
export interface Recorder {
  /** Adds some, in order of id. */
  readonly add: (known: ReadonlyArray<Known>) => void
  /** Saves all that was added and, behind it, `rest`: what an earlier memory knows of later ids. */
  readonly save: (rest: Uint8Array) => Effect.Effect<void>
}

/** Collects hashes to save them under a name. */
export const recorder = (name: string): Effect.Effect<Recorder, never, Memo> =>
  Effect.map(Memo, (memo) => {
    const parts: Array<Uint8Array> = [Buffer.from(format)]
    return {
      add: (known) => {
        parts.push(Buffer.from(known.map(({ id, stamp, hash }) => `${id}\0${stamp}\0${hash}\0`).join("")))
      },
      save: (rest) => Effect.suspend(() => memo.save(name, Buffer.concat([...parts, rest]))),
    }
  })
