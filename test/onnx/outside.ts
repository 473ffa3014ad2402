/** Models whose weights lie in other files. */
import { create } from "@bufbuild/protobuf"
import * as Proto from "../../src/onnx/proto.ts"

type Weight = Proto.Proto<"TensorProto">

/** All tensors of a graph, those of its operators and their bodies too. */
export const weightsOf = (graph: Proto.Proto<"GraphProto"> | undefined): ReadonlyArray<Weight> =>
  graph === undefined
    ? []
    : [
        ...graph.initializer,
        ...graph.node.flatMap(({ attribute }) =>
          attribute.flatMap(({ g, t }) => [...(t === undefined ? [] : [t]), ...weightsOf(g)]),
        ),
      ]

/** A model changed by hand. */
export const edited = (onnx: Uint8Array, edit: (model: Proto.Proto<"ModelProto">) => void): Uint8Array => {
  const model = Proto.decode(onnx)
  edit(model)
  return Proto.encode(model)
}

/** Where a weight is to lie. */
export interface Place {
  readonly location: string
  /** Bytes that are left free in front of it. */
  readonly gap?: number
  /** Whether its length is said. */
  readonly length?: boolean
}

/** The model without its weights' bytes, and the files that have them. */
export const outside = (onnx: Uint8Array, placeOf: (name: string, i: number) => Place) => {
  const files = new Map<string, Buffer>()
  const model = edited(onnx, ({ graph }) => {
    for (const [i, weight] of weightsOf(graph).entries()) {
      const { gap = 0, length = true, location } = placeOf(weight.name, i)
      const before = Buffer.concat([files.get(location) ?? Buffer.alloc(0), Buffer.alloc(gap, 0xaa)])
      files.set(location, Buffer.concat([before, weight.rawData]))
      const said = {
        location,
        offset: String(before.length),
        ...(length ? { length: String(weight.rawData.length) } : {}),
      }
      weight.externalData = create(Proto.Tensor, {
        externalData: Object.entries(said).map(([key, value]) => ({ key, value })),
      }).externalData
      weight.dataLocation = 1
      weight.rawData = new Uint8Array(0)
    }
  })
  return { model, files: Object.fromEntries(files) }
}
