import * as Runtime from "effect/Runtime"
import { existsSync, writeSync } from "node:fs"
import { constants } from "node:os"
import { abandon, busy } from "../onnx/Session.ts"

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const
type Signal = (typeof signals)[number]

/** The exit code that says which signal has ended a process: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP. */
export const codeOf = (signal: Signal): number => 128 + constants.signals[signal]

/** Milliseconds in which a signal may come twice: from the terminal, and passed on by a program such as tsx or npm. */
const echo = 500

/** Milliseconds that an interrupted command has to tidy up. What it has recorded by then is safe in any case. */
const patience = 3000

const shell = "/bin/sh"

/**
 * Ends the process with an exit code, whatever is under way. `process.exit`
 * waits for threads; one that computes a model cannot be stopped, and its
 * results would then come to a process that is half gone. So the process gives
 * its place to another, which does nothing but end.
 */
const leave = (code: number): void => {
  if (busy() && process.execve !== undefined && process.platform !== "win32" && existsSync(shell)) {
    process.execve(shell, ["sh", "-c", `exit ${code}`], {})
  }
  process.exit(code)
}

const say = (text: string) => {
  try {
    writeSync(process.stderr.fd, `${text}\n`)
  } catch {
    // The terminal is gone, or its pipe is full: there is nobody to tell.
  }
}

/**
 * Runs a program as the process's own. A signal interrupts it, so that it tidies
 * up; a second one, or too long a time, ends it at once.
 */
export const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  let first: { readonly signal: Signal; readonly at: number } | undefined
  const onSignal = (signal: Signal) => {
    const now = performance.now()
    if (first === undefined) {
      first = { signal, at: now }
      abandon()
      fiber.interruptUnsafe(fiber.id)
      setTimeout(() => {
        say("ended before all was tidied up; what was finished is kept, run again to go on")
        leave(codeOf(signal))
      }, patience).unref()
    } else if (now - first.at > echo) {
      say("ended at once; what was finished is kept, run again to go on")
      leave(codeOf(signal))
    }
  }
  for (const signal of signals) process.on(signal, onSignal)
  fiber.addObserver((exit) => {
    teardown(exit, (code) => {
      if (first !== undefined && code === codeOf("SIGINT")) leave(codeOf(first.signal))
      if (first !== undefined || code !== 0) leave(code)
      for (const signal of signals) process.off(signal, onSignal)
    })
  })
})
