/** How much memory fits take at most: each in a process of its own, beside what its features take. */
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Measured } from "./table.ts"

const worker = fileURLToPath(new URL("memoryFit.ts", import.meta.url))

interface Case {
  readonly work: string
  readonly protocol: string
  readonly rows: number
  readonly width: number
  readonly classes: number
  /** GB of features that may be in memory. */
  readonly memory: number
  readonly params: object
}

const gigabytes = ({ rows, width }: Case) => (rows * width * 4) / 1e9
// As the command line sets them (src/Pipeline.ts).
const flags = ["--semi-space-growth-factor=1", "--heap-growing-percent=40"]
const large = { rows: 100_000, width: 2048, classes: 1000 }

const cases: ReadonlyArray<Case> = [
  { work: "linear, in memory", protocol: "linear/cole", ...large, memory: 8, params: { epochs: 1 } },
  { work: "linear, as float16", protocol: "linear/cole", ...large, memory: 0.5, params: { epochs: 1 } },
  { work: "linear, from the shards", protocol: "linear/cole", ...large, memory: 0.2, params: { epochs: 1 } },
  { work: "ridge, from the shards", protocol: "ridge", ...large, memory: 0.2, params: {} },
  { work: "neighbours, from the shards", protocol: "knn/dino", ...large, memory: 0.2, params: {} },
]

/** Peak memory of each, to be within its features or its budget, and 1 GB. */
export const measure = Effect.forEach(
  cases,
  Effect.fnUntraced(function* (one) {
    const { stdout } = yield* Effect.promise(() =>
      promisify(execFile)(process.execPath, [...flags, "--import", "tsx", worker, JSON.stringify(one)]),
    )
    const peak = Number(stdout)
    const half = gigabytes(one) / 2
    const allowed = one.memory >= gigabytes(one) ? gigabytes(one) : one.memory >= half ? half : one.memory
    const found: Measured = {
      work: `${one.work}, ${gigabytes(one).toFixed(2)} GB of features`,
      measured: `${peak.toFixed(2)} GB at most`,
      peer: `${allowed.toFixed(2)} GB of features in memory`,
      ratio: peak - allowed,
      mustReach: "< 1 (GB more)",
    }
    return found
  }),
)
