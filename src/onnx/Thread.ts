/**
 * Threads for models: `onnxruntime-node` computes on the thread that calls it,
 * and would stop everything else there for as long as a run takes.
 */
import { Worker } from "node:worker_threads"
import type { Port, Runner, RunnerOptions, Tensors } from "./runtime.ts"
import * as Tensor from "./Tensor.ts"

/** What a thread is asked to do; it has at most one model open. */
export type Request =
  | { readonly call: "open"; readonly onnx: Uint8Array; readonly options: RunnerOptions }
  | { readonly call: "hold"; readonly feeds: Tensors }
  | { readonly call: "run"; readonly feeds: Tensors; readonly wanted: ReadonlyArray<string> }
  | { readonly call: "close" }

/** What it answers: the ports when a model is open, tensors after a run. */
export interface Answer {
  readonly inputs: ReadonlyArray<Port>
  readonly outputs: ReadonlyArray<Port>
  readonly tensors: Tensors
}

/** An answer without content. */
export const nothing: Answer = { inputs: [], outputs: [], tensors: {} }

/** An answer, or the message of an error, to the request of that number. */
export type Reply = { readonly id: number } & ({ readonly answer: Answer } | { readonly error: string })

/** A running thread. Requests are answered one after another. */
export interface Thread {
  ask(request: Request): Promise<Answer>
  /** Whether the process waits for it before it ends. */
  hold(waiting: boolean): void
  readonly alive: () => boolean
}

/** Threads that have nothing to do at the moment. */
export type Idle = Array<Thread>

const startWorker = (): Worker => {
  const typescript = import.meta.url.endsWith(".ts")
  const url = new URL(typescript ? "./worker.ts" : "./worker.js", import.meta.url)
  // A TypeScript loader is needed only where Node.js cannot read TypeScript itself; without it a thread starts sooner.
  const loader = typescript && process.features.typescript === false
  return new Worker(url, loader ? {} : { execArgv: [] })
}

// The thread gets a copy made here. Left to the message, one view would take the whole of its buffer along, and
// copy it twice. Shared memory crosses as it is.
const packed = (tensors: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      tensor.data.buffer instanceof ArrayBuffer ? Tensor.copy(tensor) : tensor,
    ]),
  )

const packedRequest = (request: Request): Request => {
  if (request.call === "open") return { ...request, onnx: new Uint8Array(request.onnx) }
  return "feeds" in request ? { ...request, feeds: packed(request.feeds) } : request
}

/** The memory of tensors that a message may move instead of copying it. */
export const buffers = (tensors: Tensors): Array<ArrayBuffer> =>
  Object.values(tensors).flatMap(({ data: { buffer } }) => (buffer instanceof ArrayBuffer ? buffer : []))

const requestBuffers = (request: Request): Array<ArrayBuffer> => {
  if (request.call === "open") return request.onnx.buffer instanceof ArrayBuffer ? [request.onnx.buffer] : []
  return "feeds" in request ? buffers(request.feeds) : []
}

const start = (): Thread => {
  const worker = startWorker()
  const callers = new Map<number, { readonly resolve: (answer: Answer) => void; readonly reject: (e: Error) => void }>()
  let count = 0
  let ended: Error | undefined
  const end = (cause: Error) => {
    ended ??= cause
    for (const { reject } of callers.values()) reject(ended)
    callers.clear()
  }
  worker.on("error", (cause) => end(cause instanceof Error ? cause : new Error(String(cause))))
  worker.on("exit", () => end(new Error("the thread that ran the model has ended")))
  worker.on("message", (reply: Reply) => {
    const caller = callers.get(reply.id)
    callers.delete(reply.id)
    if ("error" in reply) caller?.reject(new Error(reply.error))
    else caller?.resolve(reply.answer)
  })
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended)
        const id = count++
        callers.set(id, { resolve, reject })
        const own = packedRequest(request)
        worker.postMessage({ id, request: own }, requestBuffers(own))
      }),
    hold: (waiting) => (waiting ? worker.ref() : worker.unref()),
    alive: () => ended === undefined,
  }
}

/** Loads a model on a thread that is idle, or on a new one. `close` waits for the run in progress. */
export const load = async (idle: Idle, onnx: Uint8Array, options: RunnerOptions): Promise<Runner> => {
  const thread = idle.pop() ?? start()
  thread.hold(true)
  const leave = () => {
    
    if (thread.alive()) idle.push(thread)
  }
  const { inputs, outputs } = await thread.ask({ call: "open", onnx, options }).catch((cause: unknown) => {
    leave()
    throw cause
  })
  return {
    inputs,
    outputs,
    hold: async (feeds) => void (await thread.ask({ call: "hold", feeds })),
    run: async (feeds, wanted) => (await thread.ask({ call: "run", feeds, wanted })).tensors,
    close: async () => {
      if (thread.alive()) await thread.ask({ call: "close" }).catch(() => nothing)
      leave()
    },
  }
}
