/** Downloads that are not complete yet: each has one writer, and outlives it. */
import { randomBytes } from "node:crypto"
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { host, isGone } from "../../../src/store/process.ts"

/**
 * A file in the making beside the content's name: `CONTENT.VALIDATOR.WRITER.incomplete`.
 * The validator is the ETag by which its server knows the bytes, in base64; empty
 * where nothing has come yet, or where it gave none that vouches for each byte.
 */
export interface Partial {
  readonly path: string
  /** In bytes. */
  readonly size: number
  readonly validator: string | undefined
}

/** Nobody who is at work leaves a file alone for this long, in milliseconds. */
const abandoned = 600_000

/** Longer ones are not kept: names of files have a limit. */
const longestValidator = 90

const ending = ".incomplete"
const free = "free"

const encode = (validator: string | undefined) => Buffer.from(validator ?? "").toString("base64url")
const decode = (text: string) => (text === "" ? undefined : Buffer.from(text, "base64url").toString())

const nameOf = (blob: string, validator: string | undefined, writer: string) =>
  `${blob}.${encode(validator)}.${writer}${ending}`

const self = () => `${process.pid}-${host()}-${randomBytes(4).toString("hex")}`

interface Found extends Partial {
  readonly isFree: boolean
}

const lookAt = (path: string, now: number): ReadonlyArray<Found> => {
  const [validator = "", writer = ""] = basename(path, ending).split(".").slice(-2)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return []
  const [pid, of] = writer.split("-")
  const isFree =
    writer === free || now - stats.mtimeMs > abandoned || (of === host() && pid !== undefined && isGone(Number(pid)))
  return [{ path, size: stats.size, validator: decode(validator), isFree }]
}

const among = (blob: string, now: number): ReadonlyArray<Found> =>
  readdirSync(dirname(blob))
    .filter((name) => name.startsWith(`${basename(blob)}.`) && name.endsWith(ending))
    .flatMap((name) => lookAt(join(dirname(blob), name), now))

const moved = (partial: Partial, path: string): Partial | undefined => {
  try {
    renameSync(partial.path, path)
    return { ...partial, path }
  } catch {
    // Another was faster.
    return undefined
  }
}

/**
 * Takes over what was left of a content by one who is gone, or begins anew;
 * undefined where another is at work on it. Looks and takes without a pause, so
 * that no two in one process begin the same.
 */
export const claim = (blob: string, now: number): Partial | undefined => {
  mkdirSync(dirname(blob), { recursive: true })
  const found = among(blob, now)
  if (found.some(({ isFree }) => !isFree)) return undefined
  const [best, ...others] = found.toSorted((a, b) => b.size - a.size)
  for (const { path } of others) rmSync(path, { force: true })
  const taken = best === undefined ? undefined : moved(best, nameOf(blob, best.validator, self()))
  if (taken !== undefined) return taken
  const path = nameOf(blob, undefined, self())
  closeSync(openSync(path, "wx"))
  return { path, size: 0, validator: undefined }
}

/** How large it is by now, in bytes. */
export const sizeOf = ({ path }: Partial): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** Empties it, and names it after the ETag under which its bytes are to come. A weak one vouches for no byte, and is not kept. */
export const validated = (blob: string, partial: Partial, etag: string | null): Partial => {
  const validator = etag !== null && etag.startsWith('"') && etag.length <= longestValidator ? etag : undefined
  const path = nameOf(blob, validator, self())
  // In this order: other bytes must never lie under this name.
  truncateSync(partial.path)
  renameSync(partial.path, path)
  return { path, size: 0, validator }
}

/** Forgets what has come. */
export const restart = ({ path }: Partial): void => truncateSync(path)

/** Leaves it to the next who wants the content; one that nobody could go on with is removed. */
export const release = (blob: string, partial: Partial): void => {
  if (partial.validator === undefined || sizeOf(partial) === 0) rmSync(partial.path, { force: true })
  else moved(partial, nameOf(blob, partial.validator, free))
}

/** Removes it. */
export const discard = ({ path }: Partial): void => rmSync(path, { force: true })
