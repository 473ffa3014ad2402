import { hostname } from "node:os"
import * as Hash from "../hash/Hash.ts"

/** This machine as names of files say it: eight hex digits. */
export const host = (): string => Hash.small(hostname()).toString(16).padStart(8, "0")

/** Whether no process of this number runs on this machine. */
export const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch (cause) {
    // EPERM: it lives, and belongs to someone else.
    return typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ESRCH"
  }
}
