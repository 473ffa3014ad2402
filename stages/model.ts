import { type Node, named } from "../src/dsl/Node.ts"
import { PipelineError } from "../src/dsl/Pipeline.ts"
import { type ModelName, near, published } from "./checkpoints/registry/index.ts"
import type { Published } from "./checkpoints/registry/Published.ts"
import { decode } from "./decode.ts"
import { extract } from "./extract.ts"
import type { FitParams } from "./fitProbe.ts"
import { precision as converted } from "./precision/precision.ts"
import { preprocess } from "./preprocess.ts"
import { checkpoint } from "./sources/checkpoint.ts"
import type { Encoder, Features, Images, Pixels } from "./tables.ts"

export type { ModelName } from "./checkpoints/registry/index.ts"

/** A published model, read from its file and used as its authors use it. */
export interface Model {
  readonly name: string
  /** What is known of it: repository, usual file name, sources, published accuracies. */
  readonly published: Published
  readonly encoder: Node<typeof Encoder>
  /** Images as the authors preprocess them: `[height, width, 3]` of uint8. */
  readonly pixels: (images: Node<typeof Images>) => Node<typeof Pixels>
  /** Features of images that are decoded, preprocessed and normalised as the authors do. */
  readonly features: (images: Node<typeof Images>) => Node<typeof Features>
  /** Params of `fitProbe` for the probe that the authors fit. */
  readonly probe: FitParams
}

/** What may be chosen of a published model. */
interface Choices {
  readonly weights?: string
  readonly precision?: "fp16" | "int8"
}

/**
 * A published model by its name (`docs/checkpoints.md` has the list) from the
 * file that its authors publish, or from a conversion of it that has PyTorch's
 * names. A file of another architecture is an error when it is read; an unknown
 * name is one at once, which lists those near it. Models of the same
 * preprocessing share their pixels.
 *
 * `weights` takes another network of the file than the authors evaluate, by a
 * part of what stands before its names. A model that is not in the list goes
 * through `checkpoint` or `onnxFile`, `preprocess` and `extract`. `precision`
 * converts the encoder (see the stage of that name).
 *
 * @example
 * const moco = model("moco-v3/resnet50", "models/r-50-1000ep.pth.tar")
 * const probe = fitProbe({ features: moco.features(train.images), labels: train.labels }, moco.probe)
 */
export const model = (name: ModelName, file: string, { precision, weights }: Choices = {}): Model => {
  const known = published.get(name)
  if (known === undefined) {
    throw new PipelineError({
      message: `there is no published model called ${JSON.stringify(name)}; near it are ${near(name).join(", ")}`,
      hint: "a file of your own goes through checkpoint({ file })",
    })
  }
  const { architecture, interpolation, output, padding, preprocessing, probe } = known
  const node = checkpoint({
    file,
    architecture,
    ...(padding === undefined ? {} : { padding }),
    ...(interpolation === undefined ? {} : { interpolation }),
    ...(weights === undefined ? {} : { weights }),
  })
  const original = named(node, name)
  const params = { ...preprocessing.extract, ...(output === undefined ? {} : { output }) }
  const encoder = precision === undefined ? original : converted(original, { to: precision, ...params })
  const pixels = (images: Node<typeof Images>) => preprocess(decode(images), preprocessing.preprocess)
  return {
    name,
    published: known,
    encoder,
    pixels,
    features: (images) => extract({ encoder, pixels: pixels(images) }, params),
    probe,
  }
}
