import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Table from "../../src/arrow/Table.ts"
import * as Dag from "../../src/dsl/Dag.ts"
import * as Node from "../../src/dsl/Node.ts"
import * as Stage from "../../src/dsl/Stage.ts"

const Rows = Table.rows("rows", { id: "utf8" })
const Other = Table.rows("other", { id: "utf8" })
const module = import.meta

const source = Stage.whole("source", {
  module,
  params: Schema.Struct({ dir: Schema.String }),
  inputs: {},
  output: Rows,
  label: ({ dir }) => dir,
  run: () => Effect.succeed({ id: [] }),
})
const crop = Stage.each("crop", {
  module,
  params: Schema.Struct({
    size: Schema.Finite,
    mean: Schema.Array(Schema.Number).pipe(Schema.withDecodingDefaultKey(Effect.succeed([0.5]))),
    pad: Schema.optional(Schema.Number),
  }),
  inputs: { rows: Rows },
  output: Rows,
  over: "rows",
  persist: "budget",
  open: (_) => Effect.succeed(({ id }) => Effect.succeed({ id })),
})
const join = Stage.whole("join", {
  module,
  params: Schema.Struct({}),
  inputs: { left: Stage.many(Rows), right: Stage.optional(Other) },
  output: Other,
  run: () => Effect.succeed({ id: [] }),
})

const lay = (targets: Readonly<Record<string, Node.Node>>) => Dag.make({ name: "toy", directory: "/", targets })
const namesOf = (dag: Dag.Dag) => dag.nodes.map((node) => node.name)

it.effect("lays nodes out with inputs before what stands on them", () =>
  Effect.gen(function* () {
    const val = crop(source({ dir: "val" }), { size: 3 })
    const dag = yield* lay({ both: join({ left: [val, crop(source({ dir: "train" }), { size: 3 })] }), val })
    expect(namesOf(dag)).toEqual(["source(val)", "crop(val)", "source(train)", "crop(train)", "join(val, train)"])
    for (const node of dag.nodes) for (const input of Dag.inputsOf(node)) expect(input).toBeLessThan(node.index)
    expect(dag.targets).toEqual({ both: 4, val: 1 })
    expect(dag.nodes.map((node) => node.target)).toEqual([undefined, "val", undefined, undefined, "both"])
    expect(dag.nodes[4]?.inputs).toEqual({ left: [1, 3] })
  }),
)

it.effect("equal nodes are one, defaults filled in, whatever they are called", () =>
  Effect.gen(function* () {
    const one = crop(source({ dir: "val" }), { size: 3 })
    const same = crop(Node.named(source({ dir: "val" }), "real"), { size: 3, mean: [0.5], pad: undefined })
    const other = crop(source({ dir: "val" }), { size: 4 })
    const dag = yield* lay({ a: join({ left: [one, same, other] }) })
    expect(namesOf(dag)).toEqual(["source(real)", "crop(real; size=3)", "crop(real; size=4)", "join(real)"])
    expect(dag.nodes[3]?.inputs).toEqual({ left: [1, 1, 2] })
  }),
)

it.effect("whether results are written is no part of what makes nodes equal", () =>
  Effect.gen(function* () {
    const one = crop(source({ dir: "val" }), { size: 3 })
    const dag = yield* lay({ a: join({ left: [Node.persisted(one, false), one] }) })
    expect(dag.nodes.map((node) => node.write)).toEqual([undefined, false, undefined])
  }),
)

it.effect("a chain may be long", () =>
  Effect.gen(function* () {
    let node = crop(source({ dir: "val" }), { size: 0 })
    for (let size = 1; size < 20_000; size++) node = crop(node, { size })
    expect((yield* lay({ node })).nodes).toHaveLength(20_001)
  }),
)

const wrong = (node: Node.Node) => Effect.flip(lay({ node }))

it.effect("a bad param is an error that names the node and the field", () =>
  Effect.gen(function* () {
    const val = source({ dir: "val" })
    const cases: ReadonlyArray<readonly [params: unknown, field: string]> = [
      [{ size: "3" }, "size"],
      [{ size: Number.NaN }, "size"],
      [{ size: 3, mean: [0.1, Number.POSITIVE_INFINITY] }, "mean"],
      [{ size: 3, seize: 4 }, "seize"],
      [{}, "size"],
      [3, "crop"],
    ]
    for (const [params, field] of cases) {
      const error = yield* wrong({ ...crop(val, { size: 3 }), params })
      expect(error._tag).toBe("PipelineError")
      expect(error.node).toBe("crop(val)")
      expect(error.message).toContain("crop(val)")
      expect(error.message).toContain(field)
    }
  }),
)

it.effect("all that is wrong with params is said at once", () =>
  Effect.gen(function* () {
    const error = yield* wrong({ ...crop(source({ dir: "val" }), { size: 3 }), params: { size: "a", mean: 7 } })
    expect(error.message).toContain("size")
    expect(error.message).toContain("mean")
  }),
)

it.effect("inputs that are missing, unknown or of another table are errors", () =>
  Effect.gen(function* () {
    const val = source({ dir: "val" })
    const good = crop(val, { size: 3 })
    const joined = join({ left: [val] })
    const cases: ReadonlyArray<readonly [node: Node.Node, said: string]> = [
      [{ ...good, inputs: {} }, "rows"],
      [{ ...good, inputs: { rows: [val] } }, "rows"],
      [{ ...good, inputs: { rows: val, mask: val } }, "no input named mask"],
      [{ ...good, inputs: { rows: joined } }, "takes rows, not other"],
      [{ ...joined, inputs: { left: val } }, "left"],
      [{ ...joined, inputs: { left: [val, joined] } }, "takes rows, not other"],
    ]
    for (const [node, said] of cases) expect((yield* wrong(node)).message).toContain(said)
  }),
)

it.effect("nobody decides by hand whether results are written that always are", () =>
  Effect.gen(function* () {
    expect((yield* wrong(Node.persisted(source({ dir: "val" }), false))).message).toContain("always written")
  }),
)

it.effect("the closure of some nodes is all that they stand on", () =>
  Effect.gen(function* () {
    const val = crop(source({ dir: "val" }), { size: 3 })
    const dag = yield* lay({ a: val, b: crop(source({ dir: "train" }), { size: 3 }) })
    expect(Dag.closure(dag, [3])).toEqual([2, 3])
    expect(Dag.closure(dag, [3, 1, 3])).toEqual([0, 1, 2, 3])
  }),
)
