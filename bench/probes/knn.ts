import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { nearest } from "../../stages/probes/nearest.ts"
import { sides } from "../../stages/probes/nearestGraphs.ts"
import { inMemory } from "../../stages/probes/Problem.ts"
import { shared } from "../../stages/probes/shared.ts"
import { random } from "../../stages/random.ts"
import { services } from "../../test/harness.ts"
import { type Measured, median } from "./table.ts"

const [rows, queries, width, k] = [50_000, 5000, 2048, 20]
const rounds = 3
const script = fileURLToPath(new URL("../peers/knn.py", import.meta.url))

/** Unit rows around a hundred centres. */
const drawn = (name: string, count: number): Float32Array => {
  const { normal } = random(name)
  const noise = Float32Array.from({ length: 1 << 20 }, normal)
  const centres = Float32Array.from({ length: 100 * width }, random("centres").normal)
  const data = shared(count * width)
  for (let row = 0; row < count; row++) {
    const centre = (row % 100) * width
    const from = (row * 7919) % (noise.length - width)
    let square = 0
    for (let i = 0; i < width; i++) {
      const value = (centres[centre + i] ?? 0) + 2 * (noise[from + i] ?? 0)
      data[row * width + i] = value
      square += value * value
    }
    for (let i = 0; i < width; i++) data[row * width + i] = (data[row * width + i] ?? 0) / Math.sqrt(square)
  }
  return data
}

const write = (file: string, data: Float32Array) => writeFileSync(file, new Uint8Array(data.buffer))

interface Peer {
  readonly search: number
  readonly whole: number
}

/** Seconds of a round: ours for 20 and for 200 neighbours, and faiss'. */
interface Round {
  readonly ours: number
  readonly deep: number
  readonly peer: Peer | undefined
}

/** Seconds of a round of faiss; none where it is not installed. */
const faiss = async (folder: string): Promise<Peer | undefined> => {
  try {
    const env = { ...process.env, OMP_NUM_THREADS: "2", OPENBLAS_NUM_THREADS: "2" }
    const { stdout } = await promisify(execFile)("/usr/bin/python3", [script, folder], { env })
    const {
      search: [search = NaN],
      whole: [whole = NaN],
    }: { readonly search: ReadonlyArray<number>; readonly whole: ReadonlyArray<number> } = JSON.parse(stdout)
    return { search, whole }
  } catch {
    return undefined
  }
}

/**
 * 5,000 queries among 50,000 rows of 2048, the 20 nearest by cosine; faiss' rounds and ours in turn. Ours lead from
 * features to neighbours: faiss' search alone does less, so its time for the same work stands beside it.
 */
export const measure = Effect.gen(function* () {
  const [training, asked] = [drawn("training", rows), drawn("queries", queries)]
  const folder = mkdtempSync(join(tmpdir(), "knn-"))
  write(join(folder, "training.f32"), training)
  write(join(folder, "queries.f32"), asked)
  writeFileSync(join(folder, "meta.json"), JSON.stringify({ width, k, metric: "cosine", rounds: 1 }))
  const problem = inMemory(training, new Int32Array(rows), { width, classes: 2 })
  const found: Array<Round> = []
  const time = (depth: number) =>
    Effect.scoped(
      Effect.gen(function* () {
        const search = { metric: "cosine", normalise: "none", depth } as const
        const find = yield* nearest(problem, search, yield* sides(problem, search, undefined))
        const started = performance.now()
        yield* find(asked, () => Effect.void)
        return (performance.now() - started) / 1000
      }),
    )
  for (let round = 0; round < rounds; round++) {
    const ours = yield* time(k)
    const deep = yield* time(200)
    const peer = yield* Effect.promise(() => faiss(folder))
    found.push({ ours, deep, peer })
  }
  rmSync(folder, { recursive: true })
  const rate = (seconds: number) => `${(queries / seconds).toFixed(0)} queries/s`
  const row = (work: string, mustReach: string, ours: (one: Round) => number, peer: keyof Peer): Measured => {
    const seconds = found.flatMap((one) => (one.peer === undefined ? [] : [one.peer[peer]]))
    const measured = rate(median(found.map(ours)))
    if (seconds.length === 0) return { work, measured, peer: "faiss is not here", ratio: undefined, mustReach }
    const ratio = median(found.map((one) => (one.peer?.[peer] ?? NaN) / ours(one)))
    const name = peer === "whole" ? "faiss" : "faiss' search alone"
    return { work, measured, peer: `${name}, k = 20, ${rate(median(seconds))}`, ratio, mustReach }
  }
  const result: ReadonlyArray<Measured> = [
    row("kNN, 5,000 queries on 50,000 x 2048, k = 20", "≥ 2", ({ ours }) => ours, "search"),
    row("the same, from features to neighbours", "", ({ ours }) => ours, "whole"),
    row("the same, 200 kept for all k", "", ({ deep }) => deep, "whole"),
  ]
  return result
}).pipe(Effect.provide(services()))
