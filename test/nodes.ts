/** Carries nodes out without the engine: whole tables in memory, nothing kept. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Batch from "../src/arrow/Batch.ts"
import type { Batch as BatchOf, Table } from "../src/arrow/Table.ts"
import { isNode, type Node } from "../src/dsl/Node.ts"
import type { StageServices } from "../src/dsl/Services.ts"
import { type AnyReaders, whole } from "../src/dsl/Stage.ts"
import type { StageError } from "../src/dsl/StageError.ts"
import { cut, openRows, readerOf, runWhole } from "./harness.ts"

/** A node that stands for rows which the test has. */
export const given = <T extends Table>(table: T): Node<T> =>
  whole("given", {
    module: import.meta,
    params: Schema.Struct({}),
    inputs: {},
    output: table,
    run: () => Effect.die("the test has its rows"),
  })()

/** What the test has of nodes. */
export const having = () => {
  const rows = new Map<Node, BatchOf<Table>>()
  const made = {
    /** A node that stands for these rows. */
    node: <T extends Table>(table: T, batch: BatchOf<T>): Node<T> => made.is(given(table), batch),
    /** Takes a node's rows for known. */
    is: <T extends Table>(node: Node<T>, batch: BatchOf<T>): Node<T> => {
      rows.set(node, batch)
      return node
    },
    /** A node's rows, computed with all that it stands on. */
    rows: Effect.fnUntraced(function* <T extends Table>(
      node: Node<T>,
    ): Effect.fn.Return<BatchOf<T>, StageError, StageServices> {
      const known = rows.get(node)
      if (known !== undefined) return known as BatchOf<T>
      const { stage } = node
      const inputs: Record<string, AnyReaders[string]> = {}
      const batches: Record<string, BatchOf<Table>> = {}
      for (const [name, input] of Object.entries(node.inputs)) {
        if (!isNode(input)) continue
        const batch = yield* made.rows(input)
        batches[name] = batch
        inputs[name] = readerOf(input.table, batch)
      }
      const found = yield* Effect.gen(function* () {
        if (stage.kind === "whole") return yield* runWhole(stage as never, inputs, node.params)
        if (stage.kind === "each") return yield* Effect.die("rows one by one are not carried out here")
        const over = node.inputs[stage.over]
        const walked = batches[stage.over]
        if (!isNode(over) || walked === undefined) return yield* Effect.die(`${stage.name} walks nothing`)
        const step = yield* openRows(stage as never, inputs, node.params)
        return Batch.concat(stage.output, yield* Effect.forEach(cut(over.table, walked), step))
      })
      rows.set(node, found)
      return found as BatchOf<T>
    }),
  }
  return made
}
