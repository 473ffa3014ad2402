import { mkdir, open } from "node:fs/promises"
import * as path from "node:path"
import type { Settle } from "./Settle.ts"

/** Makes what was named, renamed or removed in a folder durable. Not every file system knows how to. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } catch (cause) {
    const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
    if (!["EINVAL", "ENOTSUP", "EPERM", "EISDIR", "EBADF"].includes(code)) throw cause
  } finally {
    await handle.close()
  }
}

/** Makes a folder, with those above it, and leaves those that have changed to be settled. */
export const makeFolder = async (folder: string, settle: Settle): Promise<void> => {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  const top = path.dirname(first)
  for (let at = path.dirname(folder); at.length >= top.length; at = path.dirname(at)) await settle.folder(at)
}
