import type { Padding } from "../Candidate.ts"
import type { Interpolation } from "../vitPositions.ts"
import type { FitParams } from "../../fitProbe.ts"
import type { Offset } from "../../geometry.ts"

/** Params of `preprocess` and of `extract` as a model's authors evaluate it, and where they say so. */
export interface Preprocessing {
  readonly preprocess: {
    readonly cropFirst?: number
    readonly resize: number
    readonly crop?: number
    readonly filter: "bilinear" | "bicubic"
    readonly offset?: Offset
  }
  readonly extract: {
    readonly scale?: number
    readonly mean?: readonly [number, number, number]
    readonly std?: readonly [number, number, number]
  }
  readonly source: string
}

/** A published accuracy on ImageNet's validation set, of a linear probe. */
export interface Figure {
  readonly percent: number
  readonly source: string
}

/** A model that its authors, or a zoo, have published. */
export interface Published {
  /** `MoCo v3`. */
  readonly family: string
  /** `ResNet-50`, `ViT-B/16`. */
  readonly architecture: string
  /** Whose code it is, on GitHub: `facebookresearch/moco-v3`. */
  readonly repository: string
  /** What its file is usually called. */
  readonly file: string
  /** Where it is or was to be had; links die, and files move. */
  readonly url?: string
  /** What it was saved as. PyTorch has two containers, which are read alike. */
  readonly container: "pytorch" | "zip of pytorch" | "pickle" | "tensorflow"
  /** What stands before its weights' names in the file. */
  readonly weightsAt: string
  /** How it pads, where that is not PyTorch's way. */
  readonly padding?: Padding
  /** How its positions are brought to images of another size, where that is not timm's way. */
  readonly interpolation?: Interpolation
  /** The output that its authors fit their probe on, where that is not `features`. */
  readonly output?: string
  readonly preprocessing: Preprocessing
  /** The params of `fitProbe` for the probe that its authors fit, and where they say so. */
  readonly probe: FitParams
  readonly probeSource: string
  /** What has been reported of it. */
  readonly top1: ReadonlyArray<Figure>
  /** The study that it is compared in: Ozbulak et al. 2025 (`a`), Marks et al. 2025 (`b`). */
  readonly studies: ReadonlyArray<"a" | "b">
  readonly note?: string
}
