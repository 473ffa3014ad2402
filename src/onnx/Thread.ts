/**
 * Threads for models: `onnxruntime-node` computes on the thread that calls it,
 * and would stop everything else there for as long as a run takes.
 */
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import type { Port, Runner, RunnerOptions, Tensors } from "./runtime.ts"
import * as Tensor from "./Tensor.ts"

/** What a thread is asked to do with one of its models. */
export type Request = { readonly model: number } & (
  | { readonly call: "open"; readonly onnx: Uint8Array; readonly options: RunnerOptions }
  | { readonly call: "hold"; readonly feeds: Tensors }
  | {
      readonly call: "run"
      readonly feeds: Tensors
      readonly wanted: ReadonlyArray<string>
      readonly rows: number | undefined
    }
  | { readonly call: "close" }
)

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
  /** Whether it has the GPU for itself: all models that compute there are on one thread, and run in turn. */
  readonly gpu: boolean
  /** Runs that were given to it and have not ended. */
  runs: number
  /** Models that are open on it; the process waits for a thread that has any. */
  readonly models: Set<number>
  readonly alive: () => boolean
  /** Whether it has requests to answer. */
  readonly busy: () => boolean
}

/** The threads of a process, and a number for each model they were given. */
export interface Threads {
  readonly all: Array<Thread>
  models: number
  /** Resolved when the process is about to end, and nobody is to wait for what they compute. */
  readonly abandoned: { readonly promise: Promise<void>; readonly resolve: () => void }
}

const startWorker = (): Worker => {
  const typescript = import.meta.url.endsWith(".ts")
  const url = new URL(typescript ? "./worker.ts" : "./worker.js", import.meta.url)
  // Without the loaders of this thread it starts sooner.
  if (!typescript || process.features.typescript) return new Worker(url, { execArgv: [] })
  // This Node.js reads no TypeScript, and loaders do not carry over to threads there: tsx has to be started again.
  const source = `import("${import.meta.resolve("tsx/esm/api")}").then(({ register }) => { register(); return import("${url.href}") })`
  return new Worker(source, { eval: true, execArgv: [] })
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

const start = (gpu: boolean): Thread => {
  const worker = startWorker()
  const callers = new Map<number, { readonly resolve: (answer: Answer) => void; readonly reject: (e: Error) => void }>()
  const models = new Set<number>()
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
    // Once the caller has heard of it: a model that could not be opened is then no longer there.
    setImmediate(() => models.size === 0 && callers.size === 0 && worker.unref())
  })
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended)
        worker.ref()
        const id = count++
        callers.set(id, { resolve, reject })
        const own = packedRequest(request)
        worker.postMessage({ id, request: own }, requestBuffers(own))
      }),
    gpu,
    runs: 0,
    models,
    alive: () => ended === undefined,
    busy: () => callers.size > 0,
  }
}

const least = (threads: ReadonlyArray<Thread>, of: (thread: Thread) => number): Thread | undefined =>
  threads.toSorted((a, b) => of(a) - of(b))[0]

/** A thread for one more model: an idle one, a new one while there are fewer than cores, or else the least burdened. */
const choose = (threads: Threads, gpu: boolean, except: ReadonlyMap<Thread, unknown>): Thread | undefined => {
  threads.all.splice(0, Infinity, ...threads.all.filter((thread) => thread.alive()))
  const kin = threads.all.filter((thread) => thread.gpu === gpu)
  const others = kin.filter((thread) => !except.has(thread))
  const idle = least(
    others.filter((thread) => thread.runs === 0),
    (thread) => thread.models.size,
  )
  const full = kin.length >= (gpu ? 1 : availableParallelism())
  if (idle !== undefined && (full || idle.models.size === 0)) return idle
  if (full) return least(others, (thread) => thread.runs)
  const thread = start(gpu)
  threads.all.push(thread)
  return thread
}

/**
 * Loads a model on one of the process's threads, and on up to `copies` of them
 * as runs are asked for while others are under way, or at once if they are to be
 * `ready`. There are as many threads as cores, whatever number of models is
 * open: each costs memory of its own.
 * A GPU has one thread more, as its sessions must not be used side by side.
 * `close` waits for the runs in progress, unless the threads are abandoned.
 */
export const load = async (
  threads: Threads,
  onnx: Uint8Array,
  options: RunnerOptions,
  { copies, ready }: { readonly copies: number; readonly ready: boolean },
): Promise<Runner> => {
  const model = threads.models++
  const opened = new Map<Thread, Promise<Answer>>()
  let held: Tensors = {}
  const openOn = async (thread: Thread): Promise<Answer> => {
    thread.models.add(model)
    try {
      const answer = await thread.ask({ model, call: "open", onnx, options })
      await thread.ask({ model, call: "hold", feeds: held })
      return answer
    } catch (cause) {
      thread.models.delete(model)
      opened.delete(thread)
      throw cause
    }
  }
  const on = (thread: Thread): Promise<Answer> => {
    const known = opened.get(thread)
    if (known !== undefined) return known
    const opening = openOn(thread)
    opened.set(thread, opening)
    return opening
  }
  const place = (): Thread => {
    const mine = least([...opened.keys()], (thread) => thread.runs)
    if (mine !== undefined && (mine.runs === 0 || opened.size >= copies)) return mine
    const other = choose(threads, options.provider !== "cpu", opened)
    const better = other !== undefined && (mine === undefined || other.runs === 0) ? other : mine
    if (better === undefined) throw new Error("no thread could be started")
    return better
  }
  const close = async () => {
    for (const thread of opened.keys()) {
      thread.models.delete(model)
      if (!thread.alive()) continue
      const closed = thread.ask({ model, call: "close" }).catch(() => nothing)
      await Promise.race([closed, threads.abandoned.promise])
    }
  }
  const { inputs, outputs } = await on(place())
  const others = Array.from({ length: ready ? copies - 1 : 0 }, async () => {
    const thread = choose(threads, options.provider !== "cpu", opened)
    if (thread !== undefined) await on(thread)
  })
  try {
    await Promise.all(others)
  } catch (cause) {
    await close()
    throw cause
  }
  return {
    inputs,
    outputs,
    hold: async (feeds) => {
      held = { ...held, ...feeds }
      for (const thread of opened.keys()) await thread.ask({ model, call: "hold", feeds })
    },
    run: async (feeds, wanted, rows) => {
      const thread = place()
      // Counted at once: another run that is asked for in the same moment must see it.
      thread.runs++
      try {
        await on(thread)
        return (await thread.ask({ model, call: "run", feeds, wanted, rows })).tensors
      } finally {
        thread.runs--
      }
    },
    close,
  }
}
