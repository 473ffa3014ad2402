import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"

/** A program and what it is to be told. */
export interface Opener {
  readonly command: string
  readonly args: ReadonlyArray<string>
}

/** What opens a file as a click on it would; undefined where there is no desktop to open it on. */
export const opener = (
  file: string,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): Opener | undefined => {
  if (platform === "darwin") return { command: "open", args: [file] }
  // `start` is a word of the shell; the first quoted argument would be a window's title.
  if (platform === "win32") return { command: "cmd", args: ["/d", "/c", "start", '""', `"${file}"`] }
  const desktop = (env["DISPLAY"] ?? "") !== "" || (env["WAYLAND_DISPLAY"] ?? "") !== ""
  return desktop ? { command: "xdg-open", args: [file] } : undefined
}

/** An opener that has not failed by then is taken to have done its work. */
const patience = "2 seconds"

/** Opens a file with the desktop's program for it. Gives what stood in the way, if anything did; that is no error. */
export const open = (file: string): Effect.Effect<string | undefined> =>
  Effect.suspend(() => {
    const found = opener(file, process.platform, process.env)
    if (found === undefined) return Effect.succeed("there is no desktop here to open it on")
    const { args, command } = found
    const started = Effect.callback<string | undefined>((resume) => {
      const child = spawn(command, args, { detached: true, stdio: "ignore", windowsVerbatimArguments: true })
      child.on("error", ({ message }) => resume(Effect.succeed(`${command} cannot be started: ${message}`)))
      child.on("exit", (code) =>
        resume(Effect.succeed(code === 0 ? undefined : `${command} ended with ${code ?? "a signal"}`)),
      )
      // It may show the file for as long as it likes.
      child.unref()
    })
    return Effect.timeoutOrElse(started, { duration: patience, orElse: () => Effect.succeed(undefined) })
  })
