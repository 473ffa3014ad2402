import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { createRequire } from "node:module"
import { Device, type Provider } from "./Device.ts"
import type { Port, Runner, Tensors } from "./runtime.ts"
import type * as Tensor from "./Tensor.ts"
import type { Threads } from "./Thread.ts"

export type { Port, Tensors } from "./runtime.ts"

/** onnxruntime refused a model or a run. `message` is its own, shortened. */
export class SessionError extends Schema.TaggedError<SessionError>()("SessionError", {
  message: Schema.String,
  during: Schema.Literals(["open", "run"]),
}) {}

/** How a model is run. */
export interface Options {
  /** Threads that share the work of one operator; 1 where nothing is said. Hold as many `Cores` around `run`. */
  readonly threads?: number
  /**
   * Where runs are computed. `own`, the default: on one of the process's threads
   * for models, while everything else goes on, and on the `Device`. `caller`: at
   * once on the calling thread, which does nothing else meanwhile, and always on
   * the processor; for graphs that take a few milliseconds.
   */
  readonly thread?: "own" | "caller"
  /**
   * On how many threads the model may be open at once, so that runs go side by
   * side; 1 where nothing is said, and always 1 on a GPU. All but the first are
   * opened when they are first needed, or at once if they are to be `ready`.
   */
  readonly copies?: number
  readonly ready?: boolean
}

/** The element type of each wanted output. */
export type Wanted = Readonly<Record<string, Tensor.Type>>

/** The tensors that came out, each of the type that was wanted. */
export type Results<W extends Wanted> = { readonly [K in keyof W]: Tensor.TensorOf<W[K]> }

/** An open model. Several runs may be asked for at once; as many as it has `copies` are computed side by side. */
export interface Session {
  readonly inputs: ReadonlyArray<Port>
  readonly outputs: ReadonlyArray<Port>
  /**
   * Feeds tensors by name and gives the outputs that are wanted, checked to be
   * of the types named: `run({ features }, { scores: "float32" })`. Outputs
   * that are not wanted are not computed. An interrupted run is still computed
   * to its end before the session closes: native code cannot be stopped.
   *
   * With `rows`, what is fed is cut along its first axis into parts of so many
   * rows, which are computed one after another, and what comes out is joined.
   */
  run<const W extends Wanted>(
    feeds: Tensors,
    wanted: W,
    options?: { readonly rows?: number },
  ): Effect.Effect<Results<W>, SessionError>
  /**
   * Feeds these tensors to every later run, so that large ones are copied to the
   * session's thread once. Arrays over a SharedArrayBuffer are not copied at all
   * (onnxruntime reads those under Node.js 24.21, not under 20): leave them unchanged.
   */
  hold(feeds: Tensors): Effect.Effect<void, SessionError>
}

// A message starts with codes, and may hold C++ source locations and many lines.
const shorten = (message: string): string => {
  const plain = message
    .replace(/\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /g, "")
    .replace(/\S+\.(?:cc|h):\d+ [^\n]*?\)(?: const)?(?: \[with[^\]]*\])? /g, "")
    .replace(/\s+/g, " ")
    .trim()
  return plain.length > 400 ? `${plain.slice(0, 400)}…` : plain
}

const failure = (during: "open" | "run") => (cause: unknown) =>
  new SessionError({ during, message: shorten(cause instanceof Error ? cause.message : String(cause)) })

const results = <W extends Wanted>(tensors: Tensors, wanted: W): Results<W> => {
  for (const [name, type] of Object.entries(wanted)) {
    const tensor = tensors[name]
    if (tensor?.type === type) continue
    throw new Error(`the output ${name} is of the type ${tensor?.type ?? "none"}, not ${type}`)
  }
  // Each tensor is of the type wanted: seen above name by name, where the compiler cannot follow.
  return tensors as unknown as Results<W>
}

// Shared by all sessions of the process. Those that have nothing to do keep no process from ending.
const Pool = Context.Reference<Threads>("rankshift/onnx/Threads", {
  defaultValue: () => ({ all: [], models: 0, abandoned: Promise.withResolvers<void>() }),
})

const ownPool = (): Threads => Context.get(Context.empty(), Pool)

/** Whether a thread of this process computes a model, which nothing can stop. */
export const busy = (): boolean => ownPool().all.some((thread) => thread.busy())

/** From now on no session waits for its runs when it closes: the process is about to end without them. */
export const abandon = (): void => ownPool().abandoned.resolve()

const load = async (pool: Threads, onnx: Uint8Array, options: Options, provider: Provider): Promise<Runner> => {
  const { copies = 1, ready = false, thread = "own", threads = 1 } = options
  if (thread === "caller") return (await import("./runtime.ts")).load(onnx, { threads, provider: "cpu" })
  return (await import("./Thread.ts")).load(pool, onnx, { threads, provider }, { copies, ready })
}

/**
 * Opens a model, given as the bytes of an ONNX file, on the `Device`. It is
 * closed, and its memory freed, when the scope is.
 *
 * @example
 * const session = yield* Session.open(yield* g.bytes)
 * const { scores } = yield* session.run({ features: Tensor.float32([2, 64], data) }, { scores: "float32" })
 */
export const open = Effect.fnUntraced(function* (
  onnx: Uint8Array,
  options: Options = {},
): Effect.fn.Return<Session, SessionError, Scope.Scope> {
  const pool = yield* Pool
  const provider = yield* Device
  const runner = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => load(pool, onnx, options, provider), catch: failure("open") }),
    (runner) => Effect.promise(() => runner.close()),
  )
  return {
    inputs: runner.inputs,
    outputs: runner.outputs,
    run: (feeds, wanted, options) =>
      Effect.tryPromise({
        try: async () => results(await runner.run(feeds, Object.keys(wanted), options?.rows), wanted),
        catch: failure("run"),
      }),
    hold: (feeds) => Effect.tryPromise({ try: () => runner.hold(feeds), catch: failure("run") }),
  }
})

/**
 * What can change the numbers that sessions compute on the processor: for the
 * `environment` of a stage, whose sessions then compute there, whatever the
 * `Device` of the run is. Reads a version number; the native library is not loaded.
 */
export const environment: Effect.Effect<Readonly<Record<string, string>>> = Effect.sync(() => {
  const { version } = Schema.decodeUnknownSync(Schema.Struct({ version: Schema.String }))(
    createRequire(import.meta.url)("onnxruntime-node/package.json"),
  )
  return { onnxruntime: version, provider: "cpu", optimisation: "all" }
})

// A variable of NVIDIA's libraries: `0` has products of float32 computed in float32 on GPUs that would round factors.
const tf32 = "NVIDIA_TF32_OVERRIDE"

/** The same for a stage that computes on the `Device` of the run. */
export const environmentOnDevice: Effect.Effect<Readonly<Record<string, string>>> = Effect.gen(function* () {
  const provider = yield* Device
  const settings = provider === "cuda" ? { [tf32]: process.env[tf32] ?? "unset" } : {}
  return { ...(yield* environment), provider, ...settings }
})
