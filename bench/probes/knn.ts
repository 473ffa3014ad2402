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
const rounds = 5
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

/** Seconds of a search alone, with the training rows prepared, and of all that leads from features to neighbours. */
interface Seconds {
  readonly search: number
  readonly whole: number
}

/** Seconds of a round: ours for 20 and for 200 neighbours, and faiss'. */
interface Round {
  readonly ours: Seconds
  readonly deep: Seconds
  readonly peer: Seconds | undefined
}

/** Seconds of a round of faiss; none where it is not installed. */
const faiss = async (folder: string): Promise<Seconds | undefined> => {
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
 * 5,000 queries among 50,000 rows of 2048, the 20 nearest by cosine; faiss' rounds and ours in turn. Rows have length 1
 * before either begins: faiss is told to make them so and to take them into its index, ours finds out that they are.
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
        const options = { metric: "cosine", normalise: "none", depth, queries } as const
        const began = performance.now()
        const find = yield* nearest(problem, options, yield* sides(problem, options, undefined))
        const started = performance.now()
        yield* find(asked, () => Effect.void)
        const ended = performance.now()
        return { search: (ended - started) / 1000, whole: (ended - began) / 1000 }
      }),
    )
  // A round before them warms up, and does not count.
  for (let round = -1; round < rounds; round++) {
    // The deeper search comes first: faiss, too, has had its rows in hand when its search begins.
    const deep = yield* time(200)
    const ours = yield* time(k)
    const peer = yield* Effect.promise(() => faiss(folder))
    if (round >= 0) found.push({ ours, deep, peer })
  }
  rmSync(folder, { recursive: true })
  const rate = (seconds: number) => `${(queries / seconds).toFixed(0)} queries/s`
  const row = (work: string, mustReach: string, ours: "ours" | "deep", part: keyof Seconds): Measured => {
    const seconds = found.flatMap(({ peer }) => (peer === undefined ? [] : [peer[part]]))
    const measured = rate(median(found.map((one) => one[ours][part])))
    if (seconds.length === 0) return { work, measured, peer: "faiss is not here", ratio: undefined, mustReach }
    const ratio = median(found.map((one) => (one.peer?.[part] ?? NaN) / one[ours][part]))
    return { work, measured, peer: `faiss, k = 20, ${rate(median(seconds))}`, ratio, mustReach }
  }
  const result: ReadonlyArray<Measured> = [
    row("kNN, 5,000 queries on 50,000 x 2048, k = 20", "≥ 2", "ours", "search"),
    row("the same, from features to neighbours", "", "ours", "whole"),
    row("the same, 200 kept for all k", "", "deep", "whole"),
  ]
  return result
}).pipe(Effect.provide(services()))
