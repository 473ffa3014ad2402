import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
import * as Graph from "../report/graph.ts"
import { lines, Output } from "../report/Output.ts"
import { withEngine } from "./options.ts"

const formats = { tree: Graph.tree, dot: Graph.dot, mermaid: Graph.mermaid, json: Graph.json }

/** `graph`: what stands on what, and which of it is fresh. */
export const graph = (pipeline: Pipeline) =>
  Command.make(
    "graph",
    {
      format: Flag.Literals("format", ["tree", "dot", "mermaid", "json"] as const).pipe(
        Flag.withDescription("How to draw it"),
        Flag.withDefault("tree" as const),
      ),
    },
    Effect.fn("graph")(function* ({ format }) {
      const { out } = yield* Output
      const { plan } = yield* Effect.promise(() => import("../plan/Plan.ts"))
      const planned = yield* plan(pipeline).pipe(withEngine(pipeline))
      yield* lines(out, formats[format](planned, yield* out.style))
    }),
  ).pipe(Command.withDescription("Show the nodes and what each stands on, fresh or not"))
