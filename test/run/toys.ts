/** Small stages that do sums, and write down every call. */
import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Batch from "../../src/arrow/Batch.ts"
import * as Table from "../../src/arrow/Table.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import { RowError, StageError } from "../../src/dsl/StageError.ts"
import { stampFile } from "../../stages/sources/stamp.ts"

export const Numbers = Table.rows("numbers", { id: "utf8", value: "float64" })
export const Sum = Table.whole("sum", { value: "float64" })

/** What a stage was asked to do: `node` is its `as` param, `what` the row, the rows of a batch, or `whole`. */
export interface Call {
  readonly node: string
  readonly what: string
}

const sideOf = (sum: Stage.Reader<typeof Sum> | undefined) =>
  sum === undefined ? Effect.succeed(0) : Effect.map(sum.all, ({ value }) => value[0] ?? 0)

const Formula = Schema.Struct({ as: Schema.String, add: Schema.Int, div: Schema.Int })
const compute = (value: number, side: number, { add, div }: typeof Formula.Type) =>
  Math.floor((value + side + add) / div)

const readRows = (file: string) =>
  Effect.tryPromise({
    try: async () => {
      const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "")
      return lines.map((line) => {
        const [id = "", value = "0"] = line.split(" ")
        return { id, value: Number(value) }
      })
    },
    catch: () => new StageError({ message: "no such file", file }),
  })

/** The stages in one version of their code. All of them write down their calls. */
export const make = (calls: Array<Call>, version = "1") => {
  const call = (node: string, what: string) => Effect.sync(() => void calls.push({ node, what }))
  const shared = { module: import.meta, version }

  /** Lines `id value` of a file. */
  const source = Stage.whole("source", {
    ...shared,
    params: Schema.Struct({ as: Schema.String, file: Schema.String }),
    inputs: {},
    output: Numbers,
    label: ({ as }) => as,
    stamp: ({ file }) => stampFile(file),
    run: (_, { as, file }) =>
      Effect.andThen(
        call(as, "whole"),
        Effect.map(readRows(file), (rows) => Batch.fromRows(Numbers, rows)),
      ),
  })

  const each = (persist: Stage.Persist) =>
    Stage.each(`each-${persist}`, {
      ...shared,
      params: Formula,
      inputs: { numbers: Numbers, sum: Stage.optional(Sum) },
      output: Numbers,
      over: "numbers",
      persist,
      open: ({ sum }, params) =>
        Effect.map(
          sideOf(sum),
          (side) => (row) =>
            Effect.as(call(params.as, row.id), { id: row.id, value: compute(row.value, side, params) }),
        ),
    })

  const batches = (persist: Stage.Persist) =>
    Stage.rows(`batches-${persist}`, {
      ...shared,
      params: Formula,
      inputs: { numbers: Numbers, sum: Stage.optional(Sum) },
      output: Numbers,
      over: "numbers",
      persist,
      open: ({ sum }, params) =>
        Effect.map(
          sideOf(sum),
          (side) =>
            ({ id, value }) =>
              Effect.as(call(params.as, id.join(" ")), { id, value: value.map((v) => compute(v, side, params)) }),
        ),
    })

  /** Rows whose value is a multiple of `div` are bad. */
  const picky = (persist: Stage.Persist) =>
    Stage.each(`picky-${persist}`, {
      ...shared,
      params: Schema.Struct({ as: Schema.String, div: Schema.Int, policy: Schema.Literals(["fail", "skip"]) }),
      inputs: { numbers: Numbers },
      output: Numbers,
      over: "numbers",
      persist,
      onBadRow: ({ policy }) => policy,
      open: (_, { as, div }) =>
        Effect.succeed((row) =>
          Effect.andThen(
            call(as, row.id),
            row.value % div === 0
              ? Effect.fail(new RowError({ reason: `${row.value} is a multiple of ${div}` }))
              : Effect.succeed(row),
          ),
        ),
    })

  /** The rows whose value is no multiple of `div`: a set that is known only once it was computed. */
  const keep = Stage.whole("keep", {
    ...shared,
    params: Formula,
    inputs: { numbers: Numbers, sum: Stage.optional(Sum) },
    output: Numbers,
    run: ({ numbers, sum }, params) =>
      Effect.gen(function* () {
        yield* call(params.as, "whole")
        const side = yield* sideOf(sum)
        return Stream.map(numbers.batches, ({ id, value }) => {
          const rows = id.map((name, i) => ({ id: name, value: compute(value[i] ?? 0, side, { ...params, div: 1 }) }))
          return Batch.fromRows(
            Numbers,
            rows.filter((row) => row.value % params.div !== 0),
          )
        })
      }),
  })

  /** One number: all values together, divided. */
  const total = Stage.whole("total", {
    ...shared,
    params: Formula,
    inputs: { numbers: Stage.many(Numbers) },
    output: Sum,
    run: ({ numbers }, params) =>
      Effect.gen(function* () {
        yield* call(params.as, "whole")
        const all = yield* Effect.forEach(numbers, (reader) => reader.all)
        const sum = all.flatMap(({ value }) => [...value]).reduce((a, b) => a + b, 0)
        return { value: Float64Array.of(compute(sum, 0, params)) }
      }),
  })

  const three = <S>(of: (persist: Stage.Persist) => S) => ({
    always: of("always"),
    budget: of("budget"),
    never: of("never"),
  })
  return { source, keep, total, each: three(each), batches: three(batches), picky: three(picky) }
}

export type Toys = ReturnType<typeof make>
