/** Which input and output of an encoder are used, and how they are laid out. */
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Described, Model } from "../../src/onnx/Model.ts"

/** What the user may say where the model leaves a choice. */
export interface Choice {
  readonly input?: string
  readonly output?: string
  readonly layout?: Layout
}

/** Where the channels are: `[batch, 3, height, width]` or `[batch, height, width, 3]`. */
export type Layout = "nchw" | "nhwc"

/** The element types that an image can be fed as. */
export type InputType = "uint8" | "float16" | "float32" | "float64"

/** The input that takes the images. A size that is not fixed is undefined. */
export interface ImageInput {
  readonly name: string
  readonly type: InputType
  readonly layout: Layout
  readonly batch: number | undefined
  readonly height: number | undefined
  readonly width: number | undefined
}

/** The output that gives the features: a row each, or a map of them that is averaged. */
export interface FeatureOutput {
  readonly name: string
  readonly map: Layout | undefined
}

const inputTypes: ReadonlyArray<string> = ["uint8", "float16", "float32", "float64"] satisfies ReadonlyArray<InputType>
const outputTypes: ReadonlySet<string> = new Set(["float16", "float32", "float64"])

const isInputType = (type: string): type is InputType => inputTypes.includes(type)

const show = ({ dims, name, type }: Described): string =>
  `${name} ${type}${dims === undefined ? "" : `[${dims.map((size) => (size === "" ? "?" : size)).join(", ")}]`}`

const list = (values: ReadonlyArray<Described>): string => values.map(show).join("; ")

const fixed = (size: number | string | undefined): number | undefined => (typeof size === "number" ? size : undefined)

// What cannot be told apart by what is known of it counts as possible.
const mayHaveRank = (rank: number) => (value: Described) => value.dims === undefined || value.dims.length === rank

const chooseInput = Effect.fnUntraced(function* (
  model: Model,
  name: string | undefined,
): Effect.fn.Return<Described, StageError> {
  if (name !== undefined) {
    const named = model.inputs.find((input) => input.name === name)
    if (named !== undefined && mayHaveRank(4)(named)) return named
    const message =
      named === undefined ? `the encoder has no input ${name}` : `the input ${show(named)} takes no images`
    return yield* new StageError({ message, hint: `its inputs are: ${list(model.inputs)}` })
  }
  const images = model.inputs.filter(mayHaveRank(4))
  const [only] = images
  if (only === undefined) {
    return yield* new StageError({
      message: "the encoder takes no images: none of its inputs has the four axes batch, channels, height and width",
      hint: model.inputs.length === 0 ? "it has no inputs at all" : `its inputs are: ${list(model.inputs)}`,
    })
  }
  if (images.length > 1) {
    return yield* new StageError({
      message: "the encoder has several inputs that could take the images",
      hint: `name one by \`input\`: ${list(images)}`,
    })
  }
  return only
})

const layoutOf = Effect.fnUntraced(function* (
  input: Described,
  given: Layout | undefined,
): Effect.fn.Return<Layout, StageError> {
  const [first, last] = [input.dims?.[1], input.dims?.[3]]
  const channels = given === "nchw" ? first : given === "nhwc" ? last : undefined
  if (given !== undefined) {
    if (typeof channels !== "number" || channels === 3) return given
    return yield* new StageError({
      message: `the encoder's input ${show(input)} has ${channels} channels under the layout ${given}, and images have 3`,
    })
  }
  if (first === 3 && last !== 3) return "nchw"
  if (last === 3 && first !== 3) return "nhwc"
  const neither = typeof first === "number" && typeof last === "number" && first !== 3
  return yield* new StageError(
    neither
      ? { message: `the encoder's input ${show(input)} has no axis of 3 channels, and images have 3` }
      : {
          message: `where the channels are cannot be told from the encoder's input ${show(input)}`,
          hint: 'say `layout: "nchw"` or `layout: "nhwc"`',
        },
  )
})

/** The input that takes the images, and what it wants. */
export const imageInput = Effect.fnUntraced(function* (
  model: Model,
  choice: Choice,
): Effect.fn.Return<ImageInput, StageError> {
  const input = yield* chooseInput(model, choice.input)
  const others = model.inputs.filter((other) => other !== input)
  if (others.length > 0) {
    return yield* new StageError({
      message: `the encoder wants more than images: ${list(others)}`,
      hint: "export it with these inputs fixed",
    })
  }
  if (!isInputType(input.type)) {
    return yield* new StageError({
      message: `the encoder's input ${show(input)} takes no images of the types ${inputTypes.join(", ")}`,
    })
  }
  const layout = yield* layoutOf(input, choice.layout)
  const [height, width] = layout === "nchw" ? (input.dims?.slice(2, 4) ?? []) : (input.dims?.slice(1, 3) ?? [])
  return {
    name: input.name,
    type: input.type,
    layout,
    batch: fixed(input.dims?.[0]),
    height: fixed(height),
    width: fixed(width),
  }
})

const chooseOutput = Effect.fnUntraced(function* (
  model: Model,
  name: string | undefined,
): Effect.fn.Return<Described, StageError> {
  if (name !== undefined) {
    const named = [...model.outputs, ...model.values].find((value) => value.name === name)
    if (named !== undefined) return named
    return yield* new StageError({
      message: `the encoder has no output ${name}`,
      hint: `its outputs are: ${list(model.outputs)}`,
    })
  }
  const called = model.outputs.find((output) => output.name === "features")
  if (called !== undefined) return called
  for (const rank of [2, 4]) {
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
  return yield* new StageError({
    message: "none of the encoder's outputs could be features, which are [batch, width] or a map of four axes",
    hint: `its outputs are: ${list(model.outputs)}`,
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

/** The output that gives the features. By name it may be any value that the model describes. */
export const featureOutput = Effect.fnUntraced(function* (
  model: Model,
  choice: Choice,
  input: Layout,
): Effect.fn.Return<FeatureOutput, StageError> {
  const output = yield* chooseOutput(model, choice.output)
  const { dims, name, type } = output
  if (!outputTypes.has(type)) {
    return yield* new StageError({ message: `the encoder's output ${show(output)} holds no floating-point numbers` })
  }
  if (dims === undefined) {
    return yield* new StageError({
      message: `the encoder does not say how many axes its output ${name} has`,
      hint: "add shapes to the file: onnx.save(onnx.shape_inference.infer_shapes(onnx.load(path)), path)",
    })
  }
  if (dims.length === 2) return { name, map: undefined }
  if (dims.length === 4) return { name, map: mapLayout(dims, input) }
  return yield* new StageError({
    message: `the encoder's output ${show(output)} is neither features, [batch, width], nor a map of four axes`,
    hint:
      dims.length === 3
        ? "a model with tokens is exported with the class token or the mean of the tokens as its output"
        : `its outputs are: ${list(model.outputs)}`,
  })
})
