/** Which value of an encoder gives the features, and what makes a row of it. */
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Described, Model } from "../../src/onnx/Model.ts"
import { distance } from "../distance.ts"
import { type ImageInput, type Layout, list, show } from "./input.ts"

/** What the user may say of the features. */
export interface Choice {
  /** The value by its name. */
  readonly output?: string
  /** What is taken of a row a token. */
  readonly tokens?: Tokens
}

/** The first token, which is the class's where there is one, or the mean of all. */
export type Tokens = "first" | "mean"

/** The value that gives the features: a row an image, a map of them that is averaged, or a row a token. */
export interface FeatureOutput {
  readonly name: string
  readonly map: Layout | undefined
  readonly tokens: Tokens | undefined
}

const floats: ReadonlySet<string> = new Set(["float16", "float32", "float64"])

const nearest = 3

/** Names that hold what was asked for, then those of the fewest other letters. */
const near = (name: string, { outputs, values }: Model): string => {
  const wanted = name.toLowerCase()
  const names = [...outputs, ...values].map((value) => {
    const own = value.name.toLowerCase()
    return { name: value.name, apart: own.includes(wanted) ? -1 : distance(wanted, own) }
  })
  const ranked = names.toSorted((a, b) => a.apart - b.apart)
  return ranked
    .slice(0, nearest)
    .map(({ name }) => name)
    .join(", ")
}

const named = (model: Model, name: string): Effect.Effect<Described, StageError> => {
  const found = [...model.outputs, ...model.values].find((value) => value.name === name)
  return found === undefined
    ? Effect.fail(
        new StageError({
          message: `the encoder has no output ${name}, and none of its inner values is called so`,
          hint: `near it are ${near(name, model)}; its outputs are: ${list(model.outputs)}; \`pipeline model FILE --json\` lists all values`,
        }),
      )
    : Effect.succeed(found)
}

const chooseOutput = Effect.fnUntraced(function* (
  model: Model,
  { output, tokens }: Choice,
): Effect.fn.Return<Described, StageError> {
  if (output !== undefined) return yield* named(model, output)
  const called = model.outputs.find(({ name }) => name === "features")
  if (called !== undefined) return called
  for (const rank of tokens === undefined ? [2, 4] : [3]) {
    const fitting = model.outputs.filter(({ dims }) => dims?.length === rank)
    const [only] = fitting
    if (fitting.length > 1) {
      return yield* new StageError({
        message: "the encoder has several outputs that could be the features",
        hint: `name one by \`output\`: ${list(fitting)}`,
      })
    }
    if (only !== undefined) return only
  }
  const [only] = model.outputs
  if (only !== undefined && model.outputs.length === 1) return only
  return yield* new StageError({
    message: "none of the encoder's outputs could be features, which are [batch, width] or a map of four axes",
    hint: `name one by \`output\`, or an inner value: ${list(model.outputs)}`,
  })
})

// Where the channels of a feature map are: two equal sides say it, else it is as in the input.
const mapLayout = (dims: ReadonlyArray<number | string>, input: Layout): Layout => {
  const [, first, second, third] = dims
  const numbers = typeof first === "number" && typeof second === "number" && typeof third === "number"
  if (numbers && second === third && first !== second) return "nchw"
  if (numbers && first === second && second !== third) return "nhwc"
  return input
}

/**
 * The value that gives the features. By name it may be any that the model
 * computes; where the model does not describe it, `infer` says what it is.
 */
export const featureOutput = Effect.fnUntraced(function* <R>(
  model: Model,
  choice: Choice,
  input: ImageInput,
  infer: (name: string) => Effect.Effect<ReadonlyArray<Described>, StageError, R>,
): Effect.fn.Return<FeatureOutput, StageError, R> {
  const chosen = yield* chooseOutput(model, choice)
  const [output = chosen] = chosen.dims === undefined ? yield* infer(chosen.name) : [chosen]
  const { dims = [], name, type } = output
  const { tokens } = choice
  if (!floats.has(type)) {
    return yield* new StageError({ message: `the encoder's output ${show(output)} holds no floating-point numbers` })
  }
  if (tokens !== undefined && dims.length !== 3) {
    return yield* new StageError({
      message: `\`tokens\` is for a value of three axes, [batch, tokens, width], and the encoder's ${show(output)} has ${dims.length}`,
      hint: "leave `tokens` out, or choose another value by `output`",
    })
  }
  const [rows] = dims
  if (tokens !== undefined && typeof rows === "number" && rows > 1 && rows !== input.batch) {
    return yield* new StageError({
      message: `the first axis of the encoder's ${show(output)} is ${rows} long, so it is not the images'`,
      hint: "choose a value whose axes are [batch, tokens, width] by `output`",
    })
  }
  if (dims.length === 2) return { name, map: undefined, tokens }
  if (dims.length === 4) return { name, map: mapLayout(dims, input.layout), tokens }
  if (dims.length === 3 && tokens !== undefined) return { name, map: undefined, tokens }
  return yield* new StageError(
    dims.length === 3
      ? {
          message: `the encoder's output ${show(output)} is a row a token, and it is not said what to take of them`,
          hint: 'say `tokens: "first"` (the class token, where there is one) or `tokens: "mean"`, or choose another value by `output`',
        }
      : {
          message: `the encoder's output ${show(output)} is neither features, [batch, width], nor tokens, nor a map of four axes`,
          hint: `its outputs are: ${list(model.outputs)}`,
        },
  )
})
