/** How fits use the numeric engine. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Cores } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Device } from "../../src/onnx/Device.ts"
import type { Graph, Value } from "../../src/onnx/Graph.ts"
import * as Session from "../../src/onnx/Session.ts"
import type { Problem } from "./Problem.ts"

// A run below this many multiplications takes a millisecond or two: less than a thread is worth.
const small = 5e7
// How many numbers of features enter a run that walks over all rows.
const portion = 2 ** 22

/** What a session is for. */
export interface Purpose {
  /** As it is said in an error: `the probe cannot be fitted`. */
  readonly failure: string
  /**
   * Multiplications in one run, roughly. Few of them are computed at once, on
   * one core; many on a thread of their own, by all cores.
   */
  readonly work: number
  /**
   * Whether runs are asked for side by side, rather than each computed by all
   * cores: each is then computed by its share of them, without waiting for the
   * others at every operator.
   */
  readonly side?: boolean
}

/** A model of which the runs hold the cores that they use, and fail as stages do. */
export interface Engine {
  /** How many runs go side by side, if as many are asked for at once. */
  readonly copies: number
  run<const W extends Session.Wanted>(feeds: Session.Tensors, wanted: W): Effect.Effect<Session.Results<W>, StageError>
  /** Feeds these tensors to every later run. */
  hold(feeds: Session.Tensors): Effect.Effect<void, StageError>
}

/** On how many threads a model is open at once, at most: each has a copy of it, and of what it works on. */
const copiesOf = (cores: number): number => [4, 3, 2].find((copies) => cores % copies === 0) ?? 1

/** Opens a model; it is closed with the scope. */
export const open = Effect.fnUntraced(function* (
  onnx: Uint8Array,
  { failure, side = false, work }: Purpose,
): Effect.fn.Return<Engine, StageError, Cores | Scope.Scope> {
  const cores = yield* Cores
  const light = work < small
  const copies = side && !light && (yield* Device) === "cpu" ? copiesOf(cores.total) : 1
  const used = light ? 1 : cores.total / copies
  const failed = Effect.mapError(
    (error: Session.SessionError) => new StageError({ message: `${failure}: ${error.message}`, cause: error }),
  )
  const session = yield* failed(
    Session.open(onnx, { copies, ready: true, threads: used, thread: light ? "caller" : "own" }),
  )
  return {
    copies,
    run: (feeds, wanted) => cores.use(used)(failed(session.run(feeds, wanted))),
    hold: (feeds) => failed(session.hold(feeds)),
  }
})

/** Declares the input `features` `[rows, width]` as a problem's blocks have it, and gives it as float32. */
export const featuresInput = (g: Graph, { features: { type }, width }: Problem): Value => {
  const features = g.input("features", type, ["rows", width])
  return type === "float32" ? features : g.op("Cast", [features], { to: 1 })
}

/**
 * Runs a graph over all rows of a problem, some thousands at a time, and hands
 * each part's outputs on with the rows they are of. Its input is declared by
 * {@link featuresInput}.
 */
export const overRows = Effect.fnUntraced(function* <const W extends Session.Wanted>(
  { features, rows, width }: Problem,
  graph: Graph,
  wanted: W,
  take: (part: Session.Results<W>, start: number, end: number) => void,
): Effect.fn.Return<void, StageError, Cores> {
  const step = Math.max(1, Math.floor(portion / width))
  const walk = Effect.gen(function* () {
    const engine = yield* open(yield* graph.bytes, {
      failure: "the features cannot be read",
      work: Math.min(rows, step) * width,
    })
    yield* Stream.runForEach(features.blocks(step), ({ block, start }) =>
      Effect.map(engine.run({ features: block }, wanted), (part) => take(part, start, start + (block.dims[0] ?? 0))),
    )
  })
  yield* Effect.scoped(walk)
})
