import * as Schema from "effect/Schema"

/**
 * The store could not do its work. `message` says what is wrong and `hint` what to do.
 * - `damaged`: an artifact is missing or is not what its name says; `hash` names it. Compute it again.
 * - `full`: no room is left on the disk, or the quota is used up.
 * - `denied`: no permission, or a disk that is read-only.
 * - `version`: the store was written in a format that this version does not read.
 * - `io`: anything else that the system answered.
 */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  kind: Schema.Literals(["damaged", "full", "denied", "version", "io"]),
  message: Schema.String,
  file: Schema.String,
  hint: Schema.String,
  hash: Schema.optionalKey(Schema.String),
}) {}

const codeOf = (cause: unknown): string => {
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return ""
  return typeof cause.code === "string" ? cause.code : ""
}

const reasonOf = (cause: unknown) =>
  typeof cause === "object" && cause !== null && "message" in cause ? String(cause.message) : String(cause)

/** What a failed system call means, and what to do about it. `doing` reads as "cannot <doing> <file>". */
export const fromCause = (cause: unknown, doing: string, file: string): StoreError => {
  const make = (kind: "full" | "denied" | "io", why: string, hint: string) =>
    new StoreError({ kind, message: `cannot ${doing} ${file}: ${why}`, file, hint })
  const code = codeOf(cause)
  switch (code) {
    case "ENOSPC":
      return make(
        "full",
        "no space is left on the disk",
        "free some space (pipeline gc), or use a cache on another disk (--cache DIR)",
      )
    case "EDQUOT":
      return make(
        "full",
        "the disk quota is used up",
        "free some space (pipeline gc), or use a cache on another disk (--cache DIR)",
      )
    case "EROFS":
      return make("denied", "the disk is read-only", "use a cache on a disk that can be written (--cache DIR)")
    case "EACCES":
    case "EPERM":
      return make(
        "denied",
        "permission denied",
        "give your user the right to read and write this folder, or use another cache (--cache DIR)",
      )
    case "EMFILE":
    case "ENFILE":
      return make("io", "too many files are open", "raise the limit on open files (ulimit -n), or use fewer --jobs")
    case "EFBIG":
      return make("io", "the file would be larger than is allowed", "raise the limit on the size of files (ulimit -f)")
    case "ENOTDIR":
    case "EEXIST":
    case "ELOOP":
      return make(
        "io",
        "a file is in the way, or a link that leads nowhere",
        "look where it leads (is a disk not mounted?), or use another cache (--cache DIR)",
      )
    case "EXDEV":
      return make(
        "io",
        "parts of the cache lie on different disks",
        "link the whole folder to another disk, or none of it",
      )
    default:
      return make("io", reasonOf(cause), "check the disk, or use another cache (--cache DIR)")
  }
}

/** Whether a system call failed because there is no such file. */
export const isAbsent = (cause: unknown): boolean => codeOf(cause) === "ENOENT"

const lost = (message: string, file: string, hash: string): StoreError =>
  new StoreError({ kind: "damaged", message, file, hint: "run again: it is computed anew", hash })

/** An artifact that is not there. */
export const missing = (file: string, hash: string): StoreError => lost(`${file} is missing`, file, hash)

/** An artifact that was not what its name says, and was put aside. */
export const damaged = (file: string, hash: string): StoreError =>
  lost(`${file} was damaged and has been set aside`, file, hash)
