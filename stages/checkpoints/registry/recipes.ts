/** Preprocessing and probes that several models share. */
import type { FitParams } from "../../fitProbe.ts"
import type { Figure, Preprocessing } from "./Published.ts"

const mean = [0.485, 0.456, 0.406] as const
const std = [0.229, 0.224, 0.225] as const

/** Resize(256), CenterCrop(224), bilinear, mean and std of ImageNet. */
export const bilinear = (source: string): Preprocessing => ({
  preprocess: { resize: 256, crop: 224, filter: "bilinear" },
  extract: { mean, std },
  source,
})

/** The same, bicubic. */
export const bicubic = (source: string): Preprocessing => ({
  preprocess: { resize: 256, crop: 224, filter: "bicubic" },
  extract: { mean, std },
  source,
})

/** SwAV's repository has a slightly other standard deviation. */
export const swav: Preprocessing = {
  preprocess: { resize: 256, crop: 224, filter: "bilinear" },
  extract: { mean, std: [0.228, 0.224, 0.225] },
  source: "facebookresearch/swav, eval_linear.py",
}

/** The middle 87.5% first, then bicubic to 224, as TensorFlow's codes do; Pillow's bicubic stands in for theirs. */
export const centre = (extract: Preprocessing["extract"], source: string): Preprocessing => ({
  preprocess: { cropFirst: 0.875, resize: 224, filter: "bicubic", offset: "half-up" },
  extract,
  source,
})

/** Mean and std of ImageNet. */
export const imagenet = { mean, std }

/** What Marks et al. do with all of their models. */
export const marks = {
  preprocessing: bilinear("Marks et al. 2025: manuelknott/ssl_eval_protocols, datasets/imagenet.py"),
  probe: { protocol: "linear/marks" },
  probeSource: "Marks et al. 2025: manuelknott/ssl_eval_protocols",
} as const

/** MAE's probe: LARS, batch norm without scale and shift, ten epochs of warm-up. */
export const mae: FitParams = {
  protocol: "linear/moco-v3",
  batch: 16_384,
  warmUp: 10,
  every: "step",
  trust: 0.001,
  normalise: "batch-norm",
  affine: false,
}

/** A figure of table II of Ozbulak et al. */
export const lottery = (percent: number): Figure => ({ percent, source: "Ozbulak et al. 2025, table II" })
