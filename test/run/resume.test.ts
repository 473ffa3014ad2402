import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Table from "../../src/arrow/Table.ts"
import { Resume } from "../../src/dsl/Services.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import { folder, onDisk, pipeline, runAll } from "./engine.ts"

const Value = Table.whole("number", { value: "float64" })

/** Stages of which the later ones find what the earlier ones left, and write down what they found. */
const make = (found: Array<string>, version: string) => {
  const source = Stage.whole("source", {
    module: import.meta,
    version: "1",
    params: Schema.Struct({ value: Schema.Finite }),
    inputs: {},
    output: Value,
    run: (_, { value }) => Effect.succeed({ value: Float64Array.of(value) }),
  })
  const fit = Stage.whole("fit", {
    module: import.meta,
    version,
    params: Schema.Struct({ epochs: Schema.Int }),
    inputs: { from: Value },
    output: Value,
    run: Effect.fnUntraced(function* (_, { epochs }) {
      const resume = yield* Resume
      const former = yield* resume.load("epochs")
      found.push(former === undefined ? "nothing" : `${former[0]} epochs`)
      yield* resume.save("epochs", Uint8Array.of(epochs))
      return { value: Float64Array.of(epochs) }
    }),
  })
  return { source, fit }
}

it.live("what a fit leaves is found under other params, and not by other code or for other inputs", () =>
  Effect.gen(function* () {
    const cache = yield* folder
    const found: Array<string> = []
    const run = Effect.fnUntraced(function* (epochs: number, value = 1, version = "1") {
      const { fit, source } = make(found, version)
      yield* Effect.provide(runAll(pipeline({ fit: fit(source({ value }), { epochs }) })), onDisk(cache), {
        local: true,
      })
      return found.splice(0)
    })
    expect(yield* run(10)).toEqual(["nothing"])
    expect(yield* run(10)).toEqual([])
    expect(yield* run(20)).toEqual(["10 epochs"])
    expect(yield* run(30, 2)).toEqual(["nothing"])
    expect(yield* run(40, 1, "2")).toEqual(["nothing"])
    expect(yield* run(50)).toEqual(["20 epochs"])
  }).pipe(Effect.scoped),
)
