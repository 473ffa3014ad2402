/** A user of the small world: edits it, types commands, and expects them to go well. */
import * as Schema from "effect/Schema"
import { expect } from "vitest"
import { makeProject, type Project, type Ran } from "./project.ts"
import { encoderOf, type Model, writeWorld } from "./world.ts"

/** Sets that have images of their own, and all sets with labels. */
const probed = ["validation", "folder", "adversarial"]
const evaluated = ["validation", "relabelled", "folder", "adversarial"]

export const predictions = (model: Model) => probed.map((set) => `predict(${encoderOf[model]}, train, ${set})`)
export const scores = (model: string) => evaluated.map((set) => `score(${model}, ${set})`)

/** All that is computed of one model and of no other, its encoder left out. */
export const column = (model: Model) => [
  ...["train", ...probed].map((set) => `extract(${encoderOf[model]}, ${set})`),
  `fitProbe(${encoderOf[model]}, train)`,
  ...predictions(model),
  ...scores(model),
]

/** What is computed of all models together. */
export const aggregates = ["aggregate"]

/** Names in the order of {@link Ran.executed}. */
export const names = (...all: ReadonlyArray<string | ReadonlyArray<string>>) => all.flat().sort()

/** The event of a node's end. */
export const finished = ({ events }: Ran, node: string) =>
  events.find((event) => event.event === "finished" && event.node === node)

const StateJson = Schema.Struct({
  node: Schema.String,
  state: Schema.String,
  for: Schema.optionalKey(Schema.Array(Schema.String)),
  inputs: Schema.Array(Schema.String),
})
const GraphJson = Schema.fromJsonString(Schema.Struct({ pipeline: Schema.String, nodes: Schema.Array(StateJson) }))

export interface User {
  readonly project: Project
  /** A run that must succeed; what its events and its record say must agree. */
  readonly run: (args?: ReadonlyArray<string>) => Promise<Ran>
  /** What a command that must succeed prints. */
  readonly text: (args: ReadonlyArray<string>) => Promise<string>
  readonly graph: () => Promise<typeof GraphJson.Type>
  /** Edits a file for the time of some steps. */
  readonly during: (file: string, before: string, after: string, steps: () => Promise<void>) => Promise<void>
}

/** Someone with a project that holds the small world, not yet run. */
export const makeUser = async (): Promise<User> => {
  const project = makeProject()
  await writeWorld(project)
  const text: User["text"] = async (args) => {
    const { code, err, out } = await project.command(args)
    expect([code, err]).toEqual([0, ""])
    return out.toString()
  }
  return {
    project,
    text,
    run: async (args = []) => {
      const ran = await project.run(args)
      expect([ran.code, ran.err]).toEqual([0, ""])
      const { nodes, summary } = project.lastRecord()
      const recorded = Object.entries(nodes).flatMap(([name, { state }]) => (state === "executed" ? [name] : []))
      expect(recorded.sort()).toEqual(ran.executed)
      const { blocked, ...counted } = summary
      expect(ran.events.at(-1)).toEqual({ event: "summary", ...counted })
      expect([summary.executed, summary.failed, blocked]).toEqual([ran.executed.length, 0, 0])
      expect(summary.cached).toBe(summary.nodes - summary.executed)
      return ran
    },
    graph: async () => Schema.decodeUnknownSync(GraphJson)(await text(["graph", "--format", "json"])),
    during: async (file, before, after, steps) => {
      project.edit(file, before, after)
      try {
        await steps()
      } finally {
        project.edit(file, after, before)
      }
    },
  }
}
