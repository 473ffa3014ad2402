/** Nearest neighbours against faiss' flat index, and votes against scikit-learn's, on features of a real encoder and on drawn ones. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fitProbe } from "../../stages/fitProbe.ts"
import { neighbours } from "../../stages/neighbours.ts"
import { predict } from "../../stages/predict.ts"
import { random } from "../../stages/random.ts"
import { Features, Labels } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"
import { having } from "../nodes.ts"
import { featuresOf, pictures } from "./cifar.ts"

const python = "/usr/bin/python3"
const script = join(import.meta.dirname, "../../bench/peers/knn.py")
const real = process.env["RANKSHIFT_REAL_DATA"]
const archive = join(real ?? "", "cifar10-subset.tar")

const has = (module: string): boolean => {
  try {
    execFileSync(python, ["-c", `import ${module}`], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

interface Set {
  readonly data: Float32Array
  readonly labels: Int32Array
}
interface Problem {
  readonly training: Set
  readonly queries: Set
  readonly width: number
}

const bytes = ({ buffer, byteLength, byteOffset }: Float32Array | Int32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Asks the peer; `read` takes what it wrote. */
const ask = <A>({ queries, training, width }: Problem, meta: object, read: (folder: string) => A): A => {
  const folder = mkdtempSync(join(tmpdir(), "rankshift-knn-"))
  try {
    writeFileSync(join(folder, "meta.json"), JSON.stringify({ width, rounds: 1, ...meta }))
    writeFileSync(join(folder, "training.f32"), bytes(training.data))
    writeFileSync(join(folder, "queries.f32"), bytes(queries.data))
    writeFileSync(join(folder, "labels.i32"), bytes(training.labels))
    execFileSync(python, [script, folder], { env: { ...process.env, OMP_NUM_THREADS: "2" } })
    return read(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const numbers = (folder: string, name: string) => {
  const read = readFileSync(join(folder, name))
  return read.buffer.slice(read.byteOffset, read.byteOffset + read.byteLength)
}

const draw = (name: string, rows: number, width: number, classes: number): Set => {
  const { below, normal } = random(name)
  const centres = Float32Array.from({ length: classes * width }, random(`${width}`).normal)
  const labels = Int32Array.from({ length: rows }, () => below(classes))
  const data = Float32Array.from(
    { length: rows * width },
    (_, at) => (centres[(labels[Math.floor(at / width)] ?? 0) * width + (at % width)] ?? 0) + normal(),
  )
  return { data, labels }
}

const unit = ({ data, labels }: Set, width: number): Set => {
  const made = data.slice()
  for (let row = 0; row < labels.length; row++) {
    const own = made.subarray(row * width, (row + 1) * width)
    const length = Math.sqrt(own.reduce((sum, x) => sum + x * x, 0))
    own.forEach((x, i) => void (own[i] = x / length))
  }
  return { data: made, labels }
}

const featuresBatch = (name: string, { data, labels }: Set, width: number) => ({
  id: Array.from(labels, (_, i) => `${name}${i}`),
  features: { shape: [width], data },
})
const labelsBatch = (name: string, { labels }: Set) => ({
  id: Array.from(labels, (_, i) => `${name}${i}`),
  labels: Array.from(labels, (label) => Int32Array.of(label)),
})

const cifar = Effect.fnUntraced(function* () {
  const images = yield* pictures(archive)
  const of = (part: string) =>
    Effect.promise(async () => {
      const { features, labels } = await featuresOf(
        join(real ?? "", "models", "resnet20_cifar10.onnx"),
        images.filter(([path]) => path.startsWith(part)),
      )
      return { data: features.features.data, labels: Int32Array.from(labels.labels, (list) => list[0] ?? 0) }
    })
  return { training: yield* of("train/"), queries: yield* of("test/"), width: 64 }
})

const problems: Readonly<Record<string, Effect.Effect<Problem>>> = {
  "20,000 drawn rows of 128": Effect.succeed({
    training: draw("train", 20_000, 128, 10),
    queries: draw("test", 500, 128, 10),
    width: 128,
  }),
  "3,000 drawn rows of 1,024": Effect.succeed({
    training: draw("train", 3000, 1024, 10),
    queries: draw("test", 300, 1024, 10),
    width: 1024,
  }),
  ...(existsSync(archive) ? { "CIFAR-10 by resnet20": Effect.runSync(Effect.cached(Effect.orDie(cifar()))) } : {}),
}

describe.each(Object.entries(problems))("%s", (_, made) => {
  for (const metric of ["cosine", "euclidean"] as const) {
    it.effect.skipIf(!has("faiss"))(`the neighbours by ${metric} are those of a flat index, but for ties`, () =>
      Effect.gen(function* () {
        const { queries, training, width } = yield* made
        const depth = 200
        const given =
          metric === "cosine"
            ? { training: unit(training, width), queries: unit(queries, width), width }
            : { queries, training, width }
        const wanted = ask(given, { k: depth, metric }, (folder) => ({
          rows: new BigInt64Array(numbers(folder, "rows.i64")),
          near: new Float32Array(numbers(folder, "near.f32")),
        }))
        // Read from the shards too, an eighth of the rows at a time.
        for (const memory of [8, (training.data.byteLength / 8) * 1e-9]) {
          const found = yield* runWhole(
            neighbours,
            {
              features: readerOf(Features, featuresBatch("q", queries, width)),
              training: readerOf(Features, featuresBatch("t", training, width)),
              labels: readerOf(Labels, labelsBatch("t", training)),
            },
            { metric, depth, memory },
          )
          let same = 0
          for (const [at, rows] of found.row.entries()) {
            for (const [i, row] of rows.entries()) {
              const place = at * depth + i
              const near = wanted.near[place] ?? NaN
              const peer = metric === "cosine" ? near : -Math.sqrt(Math.max(0, near))
              const own = found.similarity[at]?.[i] ?? NaN
              if (row === Number(wanted.rows[place])) same++
              // Another row stands there only where both are as near, but for rounding.
              expect(Math.abs(own - peer)).toBeLessThan(2e-4 * Math.max(1, Math.abs(peer)))
            }
          }
          expect(same / wanted.rows.length).toBeGreaterThan(0.995)
        }
      }).pipe(Effect.scoped, Effect.provide(services())),
    )
  }

  it.effect.skipIf(!has("sklearn"))("votes by 1 / distance are those of scikit-learn", () =>
    Effect.gen(function* () {
      const { queries, training, width } = yield* made
      const classes = 10
      const wanted = ask(
        { queries, training, width },
        { k: 20, metric: "euclidean", votes: true },
        (folder) => new Float64Array(numbers(folder, "votes.f64")),
      )
      const known = having()
      const features = known.node(Features, featuresBatch("t", training, width))
      const probe = fitProbe(
        { features, labels: known.node(Labels, labelsBatch("t", training)) },
        { protocol: "knn/marks", classes },
      )
      const asked = known.node(Features, featuresBatch("q", queries, width))
      const { score, top } = yield* known.rows(predict({ probe, features: asked }, { top: classes }))
      let far = 0
      for (const [at, order] of top.entries()) {
        const sum = score[at]?.reduce((a, b) => a + b, 0) ?? NaN
        const off = order.some(
          (c, i) => Math.abs((score[at]?.[i] ?? NaN) / sum - (wanted[at * classes + c] ?? NaN)) > 1e-4,
        )
        if (off) far++
      }
      // The twentieth and the next may be as near: float32 and float64 may choose differently.
      expect(far / top.length).toBeLessThan(0.005)
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
