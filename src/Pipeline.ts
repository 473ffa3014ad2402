import * as Effect from "effect/Effect"
import { realpathSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"
import { advice, bundledNode, isNewEnough } from "./cli/nodeVersion.ts"
import { runMain } from "./cli/runMain.ts"
import type { Node } from "./dsl/Node.ts"
import { make, type Pipeline } from "./dsl/Pipeline.ts"

export { make, type Pipeline, PipelineError } from "./dsl/Pipeline.ts"

// Whether a module is the file that the process was started with.
const isEntry = (url: string): boolean => {
  const entry = process.argv[1]
  if (entry === undefined || !url.startsWith("file:")) return false
  try {
    return realpathSync(entry) === realpathSync(fileURLToPath(url))
  } catch {
    return false
  }
}

// The command line is loaded only where it is used: a pipeline that is imported pays nothing for it.
const commandLine = (pipeline: Pipeline) =>
  Effect.gen(function* () {
    const { main } = yield* Effect.promise(() => import("./cli/main.ts"))
    const NodeServices = yield* Effect.promise(() => import("@effect/platform-node/NodeServices"))
    const Output = yield* Effect.promise(() => import("./report/Output.ts"))
    yield* main(pipeline, process.argv.slice(2)).pipe(Effect.provide(Output.layer), Effect.provide(NodeServices.layer))
  })

/**
 * The pipeline of a file, with its command line: where the file is the one that
 * the process was started with, the command in the arguments is carried out;
 * where it is imported, nothing happens.
 *
 * @example
 * export default Pipeline.main(import.meta, "benchmark-lottery", { table: aggregate(scores) })
 */
export const main = (
  meta: { readonly url: string },
  name: string,
  targets: Readonly<Record<string, Node>>,
): Pipeline => {
  const pipeline = make(meta, name, targets)
  if (!isEntry(meta.url)) return pipeline
  if (isNewEnough(process.versions.node)) {
    // Without these V8 lets its nursery grow to a hundred megabytes, and its heap to four times what is alive in it.
    setFlagsFromString("--semi-space-growth-factor=1")
    setFlagsFromString("--heap-growing-percent=40")
    runMain(commandLine(pipeline))
  } else {
    console.error(advice(process.versions.node, bundledNode(import.meta.url)))
    process.exitCode = 2
  }
  return pipeline
}
