/** Rows whose memory is given back as soon as nobody reads them any more. */
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Table from "../../src/arrow/Table.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import type { Node } from "../../src/dsl/Node.ts"
import { folder, inMemory, pipeline, runAll, summaryOf, write } from "./engine.ts"
import * as memoryStore from "./memoryStore.ts"
import * as toys from "./toys.ts"

const Blocks = Table.rows("blocks", { id: "utf8", bytes: "binary" })

const stages = (log: Array<string>) => {
  const shared = { module: import.meta, version: "1", over: "blocks", output: Blocks } as const
  /** As many bytes as the number says, wiped when they are released. */
  const blocks = Stage.each("blocks", {
    ...shared,
    params: Schema.Struct({}),
    inputs: { numbers: toys.Numbers },
    over: "numbers",
    persist: "never",
    open: (_) => Effect.succeed(({ id, value }) => Effect.succeed({ id, bytes: new Uint8Array(4).fill(value) })),
    release: ({ bytes, id }) => {
      log.push(`release ${id}`)
      bytes.fill(99)
    },
  })
  /** A copy of the bytes, or the same ones. */
  const taking = Stage.each("taking", {
    ...shared,
    params: Schema.Struct({ copy: Schema.Boolean, as: Schema.String }),
    inputs: { blocks: Blocks },
    open: (_, { as, copy }) =>
      Effect.succeed(({ bytes, id }) =>
        Effect.sync(() => {
          log.push(`${as} ${id}`)
          return { id, bytes: copy ? bytes.slice() : bytes.subarray(1) }
        }),
      ),
  })
  return { blocks, taking }
}

it.effect("a row is released once all that walks it is done, unless what is kept is the same memory", () =>
  Effect.gen(function* () {
    const dir = yield* folder
    const file = join(dir, "numbers")
    write(file, [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ])
    const calls: Array<toys.Call> = []
    const source = toys.make(calls).source({ as: "s", file })
    const run = Effect.fnUntraced(function* (of: (made: ReturnType<typeof stages>) => Readonly<Record<string, Node>>) {
      const log: Array<string> = []
      const held = memoryStore.contents()
      const events = yield* Effect.provide(runAll(pipeline(of(stages(log)))), inMemory(held))
      expect(summaryOf(events).failed).toBe(0)
      const bytes = [...held.artifacts.values()].flat().flatMap((batch): ReadonlyArray<unknown> => {
        const column = batch["bytes"]
        return Array.isArray(column) ? column : []
      })
      return { log, bytes: bytes.map((one) => (one instanceof Uint8Array ? [...one] : [])) }
    })

    const copied = yield* run(({ blocks, taking }) => ({
      one: taking(blocks(source), { copy: true, as: "one" }),
      two: taking(blocks(source), { copy: true, as: "two" }),
    }))
    for (const id of ["a", "b", "c"]) {
      const own = copied.log.filter((line) => line.endsWith(` ${id}`))
      expect([own.slice(0, -1).sort(), own.at(-1)]).toEqual([[`one ${id}`, `two ${id}`], `release ${id}`])
    }
    expect(copied.bytes.flat().includes(99)).toBe(false)
    expect(new Set(copied.bytes.map((bytes) => bytes.join()))).toEqual(new Set(["1,1,1,1", "2,2,2,2", "3,3,3,3"]))

    const same = yield* run(({ blocks, taking }) => ({
      one: taking(blocks(source), { copy: true, as: "one" }),
      view: taking(blocks(source), { copy: false, as: "view" }),
    }))
    expect(same.log.filter((line) => line.startsWith("release"))).toEqual([])
    expect(same.bytes.flat().includes(99)).toBe(false)
  }),
)
