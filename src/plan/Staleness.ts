import * as Effect from "effect/Effect"
import type { Json } from "effect/Schema"
import { canonical } from "../hash/canonical.ts"
import type { Action, KeyParts } from "../store/Action.ts"
import type { NodeRecord } from "../store/RunRecord.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { NodeParts } from "./Key.ts"
import type { Lack, Unit } from "./Resolver.ts"

/** One part of a key that differs from the last time. */
export interface Change {
  readonly part: "param" | "input" | "code" | "package" | "environment" | "outside"
  readonly name: string
  readonly before: string | undefined
  readonly after: string | undefined
}

const differences = (
  part: Change["part"],
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ReadonlyArray<Change> =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => ({ part, name, before: before[name], after: after[name] }))

/** Every value within params by its path: `schedule.epochs`, `mean[2]`. */
const leaves = (value: Json, path: string): ReadonlyArray<readonly [string, string]> => {
  const inner =
    typeof value !== "object" || value === null
      ? []
      : Array.isArray(value)
        ? value.map((item, i) => [`${path}[${i}]`, item] as const)
        : Object.entries(value).map(([name, item]) => [path === "" ? name : `${path}.${name}`, item] as const)
  return inner.length === 0 ? [[path, canonical(value)]] : inner.flatMap(([name, item]) => leaves(item, name))
}

const fields = (params: Json): Readonly<Record<string, string>> => Object.fromEntries(leaves(params, ""))

/** The parts in which two keys differ, each with its former and its new value. */
export const changes = (before: KeyParts, after: KeyParts): ReadonlyArray<Change> => [
  ...differences("param", fields(before.params), fields(after.params)),
  ...differences("input", before.inputs, after.inputs),
  ...differences("code", { [before.stage]: before.code }, { [after.stage]: after.code }),
  ...differences("package", before.packages, after.packages),
  ...differences("environment", before.environment, after.environment),
  ...differences("outside", { files: before.stamp }, { files: after.stamp }),
]

const sentence = (change: Change): string => {
  switch (change.part) {
    case "param":
      return `param ${change.name} ${change.before ?? "unset"} -> ${change.after ?? "unset"}`
    case "input":
      return `input ${change.name} changed`
    case "code":
      return `code of ${change.name} changed`
    case "package":
      return `package ${change.name} ${change.before ?? "none"} -> ${change.after ?? "none"}`
    case "environment":
      return `${change.name} ${change.before ?? "none"} -> ${change.after ?? "none"}`
    case "outside":
      return "files outside changed"
  }
}

const reason = (lack: Lack | undefined, found: ReadonlyArray<Change> | undefined): string => {
  if (lack === "forced") return "forced"
  if (lack === "missing") return "its artifact is missing"
  if (lack === "damaged") return "its artifact was damaged"
  if (found === undefined) return "never computed"
  return found.length === 0 ? "its action is missing" : found.map(sentence).join(", ")
}

/** What former runs knew of a node. */
export interface History {
  /** What the last run that got to the node said of it. */
  readonly record: (node: string) => NodeRecord | undefined
  /** The last thing recorded for one of its units. */
  readonly action: (node: string, unit: number) => Effect.Effect<Action | undefined, StoreError>
}

/** How many former runs are searched for a node. */
const remembered = 20

const reached = new Set(["executed", "cached", "failed"])

/** Reads what the last runs of the pipeline recorded. */
export const history = Effect.fn("Staleness.history")(function* (
  pipeline: string,
): Effect.fn.Return<History, StoreError, Store> {
  const store = yield* Store
  const runs = (yield* store.lastRuns(remembered)).filter((run) => run.pipeline === pipeline)
  const records = (node: string) => runs.flatMap((run) => run.nodes[node] ?? [])
  return {
    record: (node) => records(node).find(({ state }) => reached.has(state)),
    action: Effect.fnUntraced(function* (node, unit) {
      const keys = new Set(records(node).flatMap(({ keys }) => keys[unit] ?? keys[0] ?? []))
      for (const key of keys) {
        const action = yield* store.action(key)
        if (action !== undefined) return action
      }
      return undefined
    }),
  }
})

/** Why a unit is stale, in a few words. */
export const reasonOf = Effect.fnUntraced(function* (
  history: History,
  node: string,
  unit: number,
  { inputs, lack }: Pick<Unit, "inputs" | "lack">,
  parts: NodeParts,
): Effect.fn.Return<string, StoreError> {
  if (lack !== "never computed") return reason(lack, undefined)
  const before = yield* history.action(node, unit)
  return reason(lack, before === undefined ? undefined : changes(before.parts, { ...parts, inputs }))
})
