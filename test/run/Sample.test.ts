import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Batch from "../../src/arrow/Batch.ts"
import * as Stream from "effect/Stream"
import * as Work from "../../src/run/Work.ts"
import { inspector } from "../../src/run/Inspect.ts"
import { run } from "../../src/run/Run.ts"
import { sample } from "../../src/run/Sample.ts"
import { painted, squaresBenchmark } from "../report/html/gather/pictures.ts"
import { onDisk, options, pipeline } from "./engine.ts"

const root = mkdtempSync(join(tmpdir(), "sample-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let cache = ""
beforeEach(() => {
  cache = mkdtempSync(join(root, "cache-"))
  painted.clear()
})

const benchmark = pipeline(squaresBenchmark())

/** The ids that a sample of a node has. */
const idsOf = (stage: string, ids: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { resolver } = yield* inspector(benchmark)
    const work = yield* Work.make(resolver)
    const node = resolver.dag.nodes.find((node) => node.stage.name === stage)
    const found = yield* sample(resolver, work, node?.index ?? -1, new Set(ids))
    const table = node?.stage.output
    return table === undefined
      ? []
      : found.flatMap((batch) =>
          Array.from({ length: Batch.rowCount(table, batch) }, (_, at) => Batch.row(table, batch, at)["id"]),
        )
  }).pipe(Effect.scoped, Effect.provide(onDisk(cache)))

const compute = Stream.runDrain(run(benchmark, options())).pipe(
  Effect.scoped,
  Effect.andThen(Effect.sync(() => painted.clear())),
)

describe("a sample", () => {
  it.live("of a node that is not written makes only the rows that are asked for again", () =>
    Effect.gen(function* () {
      yield* compute.pipe(Effect.provide(onDisk(cache)))
      const wanted = ["near/002", "near/017", "near/039"]
      expect(yield* idsOf("paint", ["near/039", "near/002", "gone", "near/017"])).toEqual(wanted)
      expect([...painted.keys()].sort()).toEqual(wanted)
    }),
  )

  it.live("of a node that is written is read, and nothing is computed", () =>
    Effect.gen(function* () {
      yield* compute.pipe(Effect.provide(onDisk(cache)))
      expect(yield* idsOf("guess", ["near/005"])).toEqual(["near/005"])
      expect(painted.size).toBe(0)
    }),
  )

  it.live("of a node that was not computed is empty", () =>
    Effect.gen(function* () {
      expect(yield* idsOf("guess", ["near/005"])).toEqual([])
    }),
  )
})
