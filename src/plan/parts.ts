import * as Effect from "effect/Effect"
import type { DagNode } from "../dsl/Dag.ts"
import { guarded } from "../dsl/guarded.ts"
import type { PipelineError } from "../dsl/Pipeline.ts"
import type { StageServices } from "../dsl/Services.ts"
import type { AnyStage } from "../dsl/Stage.ts"
import type { StageError } from "../dsl/StageError.ts"
import * as Fingerprint from "./Fingerprint.ts"
import type { NodeParts } from "./Key.ts"

/** What nodes' keys are made of beside their inputs, and what is wrong with those that have none. */
export interface Parts {
  readonly parts: ReadonlyMap<number, NodeParts>
  readonly problems: ReadonlyMap<number, StageError>
}

/** Fingerprints stages, asks for their environment and for the stamps of what lies outside. */
export const partsOf = Effect.fnUntraced(function* (
  nodes: ReadonlyArray<DagNode>,
): Effect.fn.Return<Parts, PipelineError, StageServices> {
  const stages = new Set(nodes.map((node) => node.stage))
  const byCode = [...stages].filter((stage) => stage.version === undefined)
  const fingerprints = yield* Fingerprint.ofModules([...new Set(byCode.map((stage) => stage.module.url))])
  const parts = new Map<number, NodeParts>()
  const problems = new Map<number, StageError>()
  const environments = new Map<AnyStage, Readonly<Record<string, string>>>()

  const prepare = Effect.fnUntraced(function* (node: DagNode) {
    const { stage } = node
    const fingerprint =
      stage.version === undefined
        ? fingerprints.get(stage.module.url)
        : { code: `version ${stage.version}`, packages: {} }
    const environment = environments.get(stage) ?? (stage.environment === undefined ? {} : yield* stage.environment)
    environments.set(stage, environment)
    const stamp = stage.kind === "whole" && stage.stamp !== undefined ? yield* stage.stamp(node.params) : ""
    parts.set(node.index, {
      stage: stage.name,
      code: fingerprint?.code ?? "",
      packages: fingerprint?.packages ?? {},
      params: node.canonical,
      environment,
      stamp,
    })
  })
  yield* Effect.forEach(
    nodes,
    (node) =>
      guarded(Effect.scoped(prepare(node))).pipe(
        Effect.catch((error) => Effect.sync(() => problems.set(node.index, error))),
      ),
    { discard: true },
  )
  return { parts, problems }
})
