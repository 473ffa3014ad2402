import * as Effect from "effect/Effect"
import * as Path from "effect/Path"
import { Root } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"

/** Where a path given in params lies: relative paths start at the pipeline file's folder. */
export const located = (file: string): Effect.Effect<string, never, Root | Path.Path> =>
  Effect.gen(function* () {
    const { directory } = yield* Root
    const path = yield* Path.Path
    return path.resolve(directory, file)
  })

/** A file's name without folders and ending: how nodes that read it are called. */
export const shortName = (file: string): string => file.replace(/^.*[/\\]/u, "").replace(/(?<=.)\.[^.]*$/u, "")

/** A path of a list as the id of an image below a folder, or what is wrong with it. */
export const pathIn = (path: string, folder: string): { readonly id: string } | string => {
  const parts = path.split(/[/\\]/u).filter((part) => part !== "" && part !== ".")
  if (parts.includes("..")) return `the path ${JSON.stringify(path)} leaves the folder`
  const above = folder.split("/").filter((part) => part !== "" && part !== ".")
  return above.every((part, i) => part === parts[i])
    ? { id: parts.slice(above.length).join("/") }
    : `the path ${JSON.stringify(path)} does not lie in ${JSON.stringify(folder)}`
}

/** Why a file cannot be read, as a user says it. */
export const unreadable = (file: string, cause: unknown): StageError => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "ENOENT" || code === "ENOTDIR") {
    const hint = "check the path; relative paths start at the folder of the pipeline file"
    return new StageError({ message: "no such file", hint, file, cause })
  }
  if (code === "EACCES" || code === "EPERM") {
    const hint = "give your user the right to read it"
    return new StageError({ message: "no permission to read this file", hint, file, cause })
  }
  if (code === "EMFILE" || code === "ENFILE") {
    const hint = "raise the limit on open files (ulimit -n), or use fewer --jobs"
    return new StageError({ message: "too many files are open", hint, file, cause })
  }
  if (code === "EISDIR") return new StageError({ message: "this is a folder, where a file is needed", file, cause })
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StageError({ message: `cannot read this file: ${reason}`, file, cause })
}

/** Why a file cannot be read that was there a moment ago, when it was listed. */
export const vanished = (file: string, cause: unknown): StageError => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "EISDIR") return unreadable(file, cause)
  return new StageError({
    message: "this file was there when the images were listed, and is gone: it changed during the run",
    hint: "run again once whatever writes the file has finished",
    file,
    cause,
  })
}
