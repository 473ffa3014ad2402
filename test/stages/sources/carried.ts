import * as Effect from "effect/Effect"
import * as Batch from "../../../src/arrow/Batch.ts"
import type { Batch as BatchOf, Row, Table } from "../../../src/arrow/Table.ts"
import { isNode, type Node } from "../../../src/dsl/Node.ts"
import type { AnyReaders } from "../../../src/dsl/Stage.ts"
import { decode } from "../../../stages/decode.ts"
import type { Images, Labels } from "../../../stages/tables.ts"
import { openEach, readerOf, runWhole, services } from "../../harness.ts"

const rows = Effect.fnUntraced(function* (node: Node): Effect.fn.Return<BatchOf<Table>, unknown, never> {
  const inputs: Record<string, AnyReaders[string]> = {}
  for (const [name, input] of Object.entries(node.inputs))
    if (isNode(input)) inputs[name] = readerOf(input.table, yield* carried(input))
  const { stage } = node
  return yield* Effect.scoped(
    Effect.gen(function* () {
      if (stage.kind === "whole") return yield* runWhole(stage as never, inputs, node.params)
      const over = stage.kind === "each" ? node.inputs[stage.over] : undefined
      if (!isNode(over)) return yield* Effect.die(`${stage.name} walks nothing`)
      const batch = yield* carried(over)
      const step = yield* openEach(stage as never, inputs, node.params)
      const count = Batch.rowCount(over.table, batch)
      const made: Array<Row<Table>> = []
      for (let i = 0; i < count; i++) made.push(yield* step(Batch.row(over.table, batch, i)))
      return Batch.fromRows(node.table, made)
    }),
  ).pipe(Effect.provide(services()))
})

/** A node's rows, computed with all that it stands on. Paths in params are full ones. */
export const carried = <T extends Table>(node: Node<T>): Effect.Effect<BatchOf<T>, { readonly message: string }> =>
  rows(node) as Effect.Effect<BatchOf<T>, { readonly message: string }>

/** Every image decoded: id, height, width and pixels. */
export const pixelsOf = (images: Node<typeof Images>) =>
  Effect.map(carried(decode(images)), ({ id, height, width, pixels }) =>
    id.map((one, i) => ({ id: one, height: height[i], width: width[i], pixels: [...(pixels[i] ?? [])] })),
  )

/** Labels as `[id, ...classes]`. */
export const labelsIn = (labels: Node<typeof Labels>) =>
  Effect.map(carried(labels), ({ id, labels }) => id.map((one, i) => [one, ...(labels[i] ?? [])]))

/** What is wrong with a node, in one line. */
export const complaintOf = (node: Node): Effect.Effect<string> =>
  Effect.match(rows(node), {
    onSuccess: () => "nothing is wrong",
    onFailure: (error) => {
      const { message, hint, file } = error as { message?: string; hint?: string; file?: string }
      return `${message} | ${hint ?? ""} | ${file ?? ""}`
    },
  })
