/** Runs the scripts of bench/peers with Debian's PyTorch. */
import { execFile, execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const python = "/usr/bin/python3"
// Small problems: threads would wait for each other.
const environment = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" }

/** Whether there is a PyTorch to compare with. */
export const hasTorch = (): boolean => {
  try {
    execFileSync(python, ["-c", "import torch"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** What a script prints, as JSON, of a task; arrays of it are written to files, and named in it. */
export const askTorch = async (script: string, task: Readonly<Record<string, unknown>>): Promise<unknown> => {
  const folder = mkdtempSync(join(tmpdir(), "torch-"))
  try {
    const named = Object.entries(task).map(([name, value]) => {
      if (!(value instanceof Float32Array || value instanceof Int32Array)) return [name, value]
      writeFileSync(join(folder, name), new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      return [name, name]
    })
    const file = join(folder, "task.json")
    writeFileSync(file, JSON.stringify(Object.fromEntries(named)))
    const { stdout } = await promisify(execFile)(python, [join("bench", "peers", script), file], {
      env: environment,
      maxBuffer: 2 ** 28,
    })
    return JSON.parse(stdout)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
