import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { StageServices } from "../../src/dsl/Services.ts"
import { whole } from "../../src/dsl/Stage.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Session from "../../src/onnx/Session.ts"
import { Features, Labels, Probe } from "../tables.ts"
import { finite } from "./finite.ts"
import type { Normalise } from "./normalise.ts"
import { join, type Problem } from "./Problem.ts"

/** One outcome of a fit. */
export interface Variant {
  /** `final`: after the last epoch. `best`: after the epoch that was best on the held-out part of the training set. */
  readonly name: "final" | "best"
  /** The bytes of an ONNX model from `features` `[rows, width]` to `scores` `[rows, classes]`, float32 both. */
  readonly onnx: Uint8Array
  /** What a sweep chose: `{ rate: 0.1 }`; empty where nothing was swept. */
  readonly setting: Readonly<Record<string, number>>
}

/** How a fit went, for whoever wants to look: no part of the result. */
export interface Course {
  /** The mean training loss of each epoch, of the setting that was chosen. */
  readonly curve: Float32Array
  /** All settings, in the order of the rows below, and what became of each. */
  readonly settings: ReadonlyArray<{
    readonly setting: Readonly<Record<string, number>>
    /** Accuracy on the held-out part at the end, 0..1; null where nothing was held out, or it was given up. */
    readonly heldOut: number | null
    /** Why it was given up, and in which epoch; null where it went to the end. */
    readonly stopped: string | null
  }>
  /** `[settings, steps]`: mean loss of each step, NaN after a setting was given up. */
  readonly losses: Float32Array
  /** `[settings, epochs]`: accuracy on the held-out part, NaN where none was measured. */
  readonly heldOut: Float32Array
}

/** The course of a fit without steps. */
export const untrained: Course = {
  curve: new Float32Array(0),
  settings: [],
  losses: new Float32Array(0),
  heldOut: new Float32Array(0),
}

/** What a protocol makes of a problem: `final`, and `best` after it where part of the training set was held out. */
export interface Fitted {
  readonly variants: readonly [Variant, ...ReadonlyArray<Variant>]
  readonly course: Course
}

/** The params that all protocols have. */
export interface CommonParams {
  readonly classes?: number
  readonly memory: number
}

/**
 * A way to fit a probe on features, named after where it comes from
 * (`linear/cole`). To add one, write a file that exports
 * `Protocol.stage({ … })` and list it in `fitProbe.ts`.
 *
 * Each protocol is a stage in a file of its own, so that a change of one, or a
 * new one, makes no probe of another stale.
 */
export interface Protocol<P extends Schema.Codec<CommonParams, unknown>> {
  /** `import.meta` of the file that declares the protocol. */
  readonly module: { readonly url: string }
  /** The same as the literal in the params. */
  readonly name: string
  /** Where the protocol is described: paper or code. */
  readonly source: string
  /** {@link common} and the protocol's own, all with defaults. */
  readonly params: P
  fit(problem: Problem, params: P["Type"]): Effect.Effect<Fitted, StageError, StageServices>
}

/** A param that may be left out. */
export const defaulted = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** A whole number from 1. */
export const Count = /* @__PURE__ */ Schema.Int.check(/* @__PURE__ */ Schema.isGreaterThanOrEqualTo(1))

/** A number above 0. */
export const Positive = /* @__PURE__ */ Schema.Finite.check(/* @__PURE__ */ Schema.isGreaterThan(0))

/**
 * The params that every protocol has: its name, what is done to features
 * before anything else (`none`, `l2`, or `standardise` by the training set's
 * means and standard deviations), the number of classes where it is not one more
 * than the highest training label, and `memory`, how many GB of features may be
 * in memory: as float32 where they fit, else as float16 where those fit; else they
 * are read shard by shard on each pass, which costs time and shuffles less well.
 */
export const common = <const Name extends string>(name: Name, defaults: { readonly normalise: Normalise }) => ({
  protocol: Schema.Literal(name),
  normalise: defaulted(Schema.Literals(["none", "l2", "standardise"]), defaults.normalise),
  classes: Schema.optionalKey(Count),
  memory: defaulted(Positive, 8),
})

/**
 * The stage that fits a probe by one protocol: labels joined to features by
 * id, the fit, one row of {@link Probe}. `source` stays readable on it.
 */
export const stage = <P extends Schema.Codec<CommonParams, unknown>>(protocol: Protocol<P>) =>
  Object.assign(
    whole("fitProbe", {
      module: protocol.module,
      params: protocol.params,
      inputs: { features: Features, labels: Labels },
      output: Probe,
      environment: Session.environmentOnDevice,
      run: Effect.fnUntraced(function* (inputs, params) {
        const problem = yield* join(inputs, params)
        yield* finite(problem)
        const { course, variants } = yield* protocol.fit(problem, params)
        return {
          protocol: variants.map(() => protocol.name),
          variant: variants.map(({ name }) => name),
          onnx: variants.map(({ onnx }) => onnx),
          width: Int32Array.from(variants, () => problem.width),
          classes: Int32Array.from(variants, () => problem.classes),
          setting: variants.map(({ setting }) => JSON.stringify(setting)),
          curve: variants.map(() => course.curve),
          settings: variants.map(() => JSON.stringify(course.settings)),
          losses: variants.map(() => course.losses),
          heldOut: variants.map(() => course.heldOut),
        }
      }),
    }),
    { source: protocol.source },
  )
