import type { JsonObject } from "effect/Schema"
import type { Action, KeyParts } from "../store/Action.ts"
import type { Encoder } from "./encoders.ts"
import { bytes, count, counted, duration, nearOne } from "./format.ts"
import { blocks, grid } from "./grid.ts"
import { paint, type Style } from "./style.ts"

const byName = (record: Readonly<Record<string, unknown>>): ReadonlyArray<readonly [string, string]> =>
  Object.entries(record).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])

const section = (
  part: string,
  entries: ReadonlyArray<readonly [string, string]>,
): ReadonlyArray<ReadonlyArray<string>> => entries.map(([name, value]) => [part, name, value])

const isRecord = (value: KeyParts["params"]): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const params = (value: KeyParts["params"]): ReadonlyArray<readonly [string, string]> =>
  isRecord(value) ? byName(value) : [["", JSON.stringify(value)]]

/** All that a key is made of, a line a part. */
export const parts = (key: KeyParts): ReadonlyArray<string> =>
  grid(
    [
      ["code", key.stage, key.code],
      ...section("package", byName(key.packages)),
      ...section("param", params(key.params)),
      ...section("input", byName(key.inputs)),
      ...section("environment", byName(key.environment)),
      ...(key.stamp === "" ? [] : [["outside", "files", key.stamp]]),
    ],
    [],
  ).map((line) => `  ${line}`)

/** How a node's results came about: what they were made from and where, then each of its artifacts. */
export const log = (node: string, actions: ReadonlyArray<Action>, style: Style): ReadonlyArray<string> => {
  const [first] = actions
  if (first === undefined) return [`${node}: nothing is recorded`]
  const outputs = actions.flatMap((action) => action.outputs.map((output) => ({ action, output })))
  const sum = (of: (one: (typeof outputs)[number]) => number) => outputs.reduce((total, one) => total + of(one), 0)
  const rows = sum(({ output }) => output.table.rows)
  const size = sum(({ output }) => output.table.bytes)
  const seconds = actions.reduce((total, action) => total + action.seconds, 0)
  // Shards differ in what they were made from; all else is the same for a node.
  const inputs = actions.length === 1 ? [] : Object.keys(first.parts.inputs)
  const table = [
    ["shard", "rows", "size", "seconds", "finished", "artifact", "key", "skipped", ...inputs].map((cell) =>
      paint(style, "strong", cell),
    ),
    ...outputs.map(({ action, output }) => [
      action.shard < 0 ? "all" : `${action.shard}`,
      count(output.table.rows),
      bytes(output.table.bytes),
      action.seconds.toFixed(2),
      action.finished,
      output.table.hash,
      action.key,
      output.skipped === undefined ? "–" : count(output.skipped.rows),
      ...inputs.map((name) => action.parts.inputs[name] ?? ""),
    ]),
  ]
  const common = actions.length === 1 ? first.parts : { ...first.parts, inputs: {} }
  return [
    `${paint(style, "strong", node)}  ${counted(outputs.length, "artifact")}, ${counted(rows, "row")}, ${bytes(size)}, ${duration(seconds)}`,
    "",
    "made from",
    ...parts(common),
    "",
    "made on",
    ...grid(
      byName(first.host).map(([name, value]) => [name, value]),
      [],
    ).map((line) => `  ${line}`),
    "",
    ...blocks(table, ["left", "right", "right", "right", "left"], style.columns).flatMap((part, at) =>
      at === 0 ? part : ["", ...part],
    ),
  ]
}

/** The precision that it computes in where that is not the usual one, and what it was computed on. */
export const unusual = ({ converted, providers }: Encoder): ReadonlyArray<string> => [
  ...(converted === undefined ? [] : [converted.precision]),
  ...providers.filter((provider) => provider !== "cpu"),
]

const compared = ({ converted }: Encoder): ReadonlyArray<readonly [what: string, figure: string]> => {
  if (converted === undefined) return []
  const { bytes: after, bytesBefore, deviation, drawn, images, leastCosine, meanCosine, weights } = converted
  return [
    ["size", `${bytes(bytesBefore)} -> ${bytes(after)}, ${counted(weights, "weight")} converted`],
    ["cosine similarity of features", `${nearOne(meanCosine)} on average, ${nearOne(leastCosine)} at the least`],
    ["largest deviation of a feature", `${(deviation * 100).toPrecision(2)}% of the largest one of its image`],
    ["measured on", drawn === "seeded" ? `${counted(images, "image")} drawn from a seed` : counted(images, "image")],
  ]
}

/** The encoders that a node stands on: file, hash, precision and provider where not the usual ones. */
export const encoders = (all: ReadonlyArray<Encoder>, style: Style): ReadonlyArray<string> => {
  if (all.length === 0) return []
  const table = all.map((one) => [
    one.name,
    one.file ?? `made by ${one.stage}`,
    one.hashes.join(" "),
    unusual(one).join(", "),
  ])
  return [
    "",
    "encoders",
    ...grid(table, []).map((line) => `  ${line}`),
    ...all.flatMap((one) => {
      const figures = compared(one)
      if (figures.length === 0) return []
      return [
        "",
        `${paint(style, "strong", one.name)} compared with float32`,
        ...grid(figures, []).map((line) => `  ${line}`),
      ]
    }),
  ]
}
