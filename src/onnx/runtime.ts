/**
 * onnxruntime behind plain tensors. Loads the native library: import this
 * module dynamically, or in a worker.
 */
import ort from "onnxruntime-node"
import * as Tensor from "./Tensor.ts"

/** How a model is run. */
export interface RunnerOptions {
  /** Threads that share one operator's work. */
  readonly threads: number
  /** onnxruntime's execution provider. */
  readonly provider: string
}

/** An input or output of a model. Dims that depend on what is fed are names, or empty where they have none. */
export interface Port {
  readonly name: string
  /** A `Tensor.Type`, or one that cannot be fed or fetched here: `float16`, `string`. */
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
  run(feeds: Tensors, wanted: ReadonlyArray<string>): Promise<Tensors>
  close(): Promise<void>
}

// The severities of onnxruntime's log: only what is fatal, as errors come as rejections.
const fatal = 4

const toNative = (tensor: Tensor.Tensor): ort.Tensor => {
  switch (tensor.type) {
    case "bool":
      return new ort.Tensor(tensor.type, tensor.data, tensor.dims)
    case "int64":
    case "uint64":
      return new ort.Tensor(tensor.type, tensor.data, tensor.dims)
    default:
      return new ort.Tensor(tensor.type, tensor.data, tensor.dims)
  }
}

const fromNative = (name: string, tensor: ort.Tensor | undefined): Tensor.Tensor => {
  const made = tensor && Tensor.from(tensor.type, tensor.dims, tensor.data)
  if (made !== undefined) return made
  throw new Error(`the output ${name} is of the type ${tensor?.type ?? "none"}, which cannot be fetched`)
}

const port = (described: ort.InferenceSession.ValueMetadata): Port =>
  described.isTensor
    ? { name: described.name, type: described.type, dims: described.shape }
    : { name: described.name, type: "not a tensor", dims: [] }

/** Loads a model. */
export const load = async (onnx: Uint8Array, { provider, threads }: RunnerOptions): Promise<Runner> => {
  ort.env.logLevel = "fatal"
  const session = await ort.InferenceSession.create(onnx, {
    executionProviders: [provider],
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
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
    run: async (feeds, wanted) => {
      const got = await session.run(take(feeds, { ...held }), wanted)
      return Object.fromEntries(wanted.map((name) => [name, fromNative(name, got[name])]))
    },
    close: () => session.release(),
  }
}
