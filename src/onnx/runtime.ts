/**
 * onnxruntime behind plain tensors. Loads the native library: import this
 * module dynamically, or in a worker.
 */
import ort from "onnxruntime-node"
import type { Provider } from "./Device.ts"
import * as Tensor from "./Tensor.ts"

/** How a model is run. */
export interface RunnerOptions {
  /** Threads that share one operator's work. */
  readonly threads: number
  /** onnxruntime's execution provider. What it has no operator for is computed on the processor. */
  readonly provider: Provider
}

/** An input or output of a model. Dims that depend on what is fed are names, or empty where they have none. */
export interface Port {
  readonly name: string
  /** A `Tensor.Type`, or one that cannot be fed or fetched here: `bfloat16`, `string`. */
  readonly type: string
  readonly dims: ReadonlyArray<number | string>
}

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor.Tensor>>

/** A loaded model. Promises are rejected with onnxruntime's own messages. */
export interface Runner {
  readonly inputs: ReadonlyArray<Port>
  readonly outputs: ReadonlyArray<Port>
  /** Keeps tensors to be fed to every later run. */
  hold(feeds: Tensors): Promise<void>
  /** Fed `rows` rows at a time where that is said: what goes in and comes out is joined along the first axis. */
  run(feeds: Tensors, wanted: ReadonlyArray<string>, rows?: number): Promise<Tensors>
  close(): Promise<void>
}

// The severities of onnxruntime's log: only what is fatal, as errors come as rejections.
const fatal = 4

const toNative = (tensor: Tensor.Tensor): ort.Tensor => {
  switch (tensor.type) {
    case "float16": {
      // Made of bits, it would be turned into an array of a newer kind, which the native side takes for empty.
      const bits = new ort.Tensor("uint16", tensor.data, tensor.dims)
      return Object.defineProperty(bits, "type", { value: tensor.type })
    }
    case "bool":
      return new ort.Tensor(tensor.type, tensor.data, tensor.dims)
    case "int64":
    case "uint64":
      return new ort.Tensor(tensor.type, tensor.data, tensor.dims)
    default:
      return new ort.Tensor(tensor.type, tensor.data, tensor.dims)
  }
}

/** A float16's bits: newer Node.js hands over an array of numbers. */
const bits = (data: ort.Tensor["data"]): unknown =>
  "buffer" in data ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data

const fromNative = (name: string, tensor: ort.Tensor | undefined): Tensor.Tensor => {
  const made =
    tensor && Tensor.from(tensor.type, tensor.dims, tensor.type === "float16" ? bits(tensor.data) : tensor.data)
  if (made !== undefined) return made
  throw new Error(`the output ${name} is of the type ${tensor?.type ?? "none"}, which cannot be fetched`)
}

const port = (described: ort.InferenceSession.ValueMetadata): Port =>
  described.isTensor
    ? { name: described.name, type: described.type, dims: described.shape }
    : { name: described.name, type: "not a tensor", dims: [] }

/** Tensors in parts of `rows` rows; all in one where nothing is said. */
const cut = (feeds: Tensors, rows: number | undefined): ReadonlyArray<Tensors> => {
  const entries = Object.entries(feeds)
  if (rows === undefined) return [feeds]
  const [count = 0, ...others] = new Set(entries.map(([, { dims }]) => dims[0] ?? 0))
  if (others.length > 0) throw new Error(`tensors of different numbers of rows: ${[count, ...others].join(", ")}`)
  return Array.from({ length: Math.max(1, Math.ceil(count / rows)) }, (_, i) =>
    Object.fromEntries(entries.map(([name, tensor]) => [name, Tensor.rows(tensor, i * rows, (i + 1) * rows)])),
  )
}

const hasLoops = (onnx: Uint8Array) =>
  ["Loop", "Scan"].some((name) => Buffer.from(onnx.buffer, onnx.byteOffset, onnx.byteLength).includes(name))

const executionProvider = async (onnx: Uint8Array, provider: Provider) => {
  if (provider !== "webgpu" || !hasLoops(onnx)) return provider
  const names = (await import("./takers.ts")).takers(onnx)
  return names.length === 0 ? provider : { name: provider, forceCpuNodeNames: names }
}

/** Loads a model. */
export const load = async (onnx: Uint8Array, { provider, threads }: RunnerOptions): Promise<Runner> => {
  ort.env.logLevel = "fatal"
  const session = await ort.InferenceSession.create(onnx, {
    executionProviders: [await executionProvider(onnx, provider)],
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Many encoders may be open at once, and planned memory is kept by each.
    enableMemPattern: false,
    logSeverityLevel: fatal,
  })
  const held: Record<string, ort.Tensor> = {}
  const take = (feeds: Tensors, into: Record<string, ort.Tensor>) => {
    for (const [name, tensor] of Object.entries(feeds)) into[name] = toNative(tensor)
    return into
  }
  return {
    inputs: session.inputMetadata.map(port),
    outputs: session.outputMetadata.map(port),
    hold: async (feeds) => void take(feeds, held),
    run: async (feeds, wanted, rows) => {
      const parts: Array<Tensors> = []
      for (const part of cut(feeds, rows)) {
        const got = await session.run(take(part, { ...held }), wanted)
        parts.push(Object.fromEntries(wanted.map((name) => [name, fromNative(name, got[name])])))
      }
      const all = (name: string) => Tensor.concat(parts.flatMap((part) => part[name] ?? []))
      return Object.fromEntries(wanted.map((name) => [name, all(name)]))
    },
    close: () => session.release(),
  }
}
