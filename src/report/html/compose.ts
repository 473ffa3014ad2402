import * as Effect from "effect/Effect"
import type { Pipeline, PipelineError } from "../../dsl/Pipeline.ts"
import type { Engine } from "../../run/Engine.ts"
import type { StoreError } from "../../store/StoreError.ts"
import { svg } from "../graphSvg.ts"
import type { Picture } from "../picture/Picture.ts"
import { script } from "../ui/script.ts"
import { gather } from "./gather/gather.ts"
import { page } from "./page.ts"
import type { Report } from "./Study.ts"

/**
 * The report of a pipeline as one page: everything that its nodes have computed
 * so far, with what is missing named. Nothing is run.
 */
export const compose = Effect.fn("report.compose")(function* (
  pipeline: Pipeline,
  version: string,
  picture: Picture,
): Effect.fn.Return<{ readonly made: Report; readonly content: string }, PipelineError | StoreError, Engine> {
  const made = yield* gather(pipeline, version)
  const extras = { script: yield* script("reportPage"), graph: yield* svg(picture) }
  return { made, content: page(made, extras) }
})
