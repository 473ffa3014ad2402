/** Which input of an encoder takes the images, and how they are laid out. */
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Described, Model } from "../../src/onnx/Model.ts"

/** What the user may say where the model leaves a choice. */
export interface Choice {
  readonly input?: string
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

const inputTypes: ReadonlyArray<string> = ["uint8", "float16", "float32", "float64"] satisfies ReadonlyArray<InputType>

const isInputType = (type: string): type is InputType => inputTypes.includes(type)

/** A value with what is known of it. */
export const show = ({ dims, name, type }: Described): string =>
  `${name} ${type}${dims === undefined ? "" : `[${dims.map((size) => (size === "" ? "?" : size)).join(", ")}]`}`

/** Several of them. */
export const list = (values: ReadonlyArray<Described>): string => values.map(show).join("; ")

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
