import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { advice, bundledNode, isNewEnough } from "./nodeVersion.ts"

/** The names that a pipeline's file may have, the first found counts. */
export const fileNames: ReadonlyArray<string> = ["pipeline.ts", "pipeline.mts", "pipeline.js", "pipeline.mjs"]

/** The pipeline file of a folder. */
export const findPipeline = (directory: string): string | undefined =>
  fileNames.map((name) => join(directory, name)).find((file) => existsSync(file))

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

// The same command once more under another Node.js; this process only passes signals and the exit code on.
const again = (node: string, argv: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(node, [...process.execArgv, ...argv], { stdio: "inherit" })
    // A terminal sends its signals to the whole group. The child takes one that comes twice for one.
    for (const signal of signals) process.on(signal, () => child.kill(signal))
    child.on("error", (error) => {
      console.error(`cannot start ${node}: ${error.message}`)
      resolve(2)
    })
    child.on("close", (code, signal) => resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal])))
  })

/**
 * What the `pipeline` command does: finds the pipeline file in the working
 * directory and imports it as if it had been named to Node.js. `script` is the
 * file of the command itself. Gives an exit code where nothing was imported.
 */
export const launch = async (script: string): Promise<number | undefined> => {
  const [, , ...args] = process.argv
  if (!isNewEnough(process.versions.node)) {
    const node = bundledNode(import.meta.url)
    if (node !== undefined) return again(node, [script, ...args])
    console.error(advice(process.versions.node, undefined))
    return 2
  }
  const file = findPipeline(process.cwd())
  if (file === undefined) {
    console.error(`no ${fileNames[0]} in ${process.cwd()}\nhint: go to the folder of your pipeline first`)
    return 2
  }
  process.argv[1] = file
  await import(pathToFileURL(file).href)
  return undefined
}
