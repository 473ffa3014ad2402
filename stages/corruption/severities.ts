/**
 * The constants of ImageNet-C (Hendrycks and Dietterich 2019), severity 1 to 5:
 * https://github.com/hendrycks/robustness, `ImageNet-C/create_c/make_imagenet_c.py`
 * at e0377d4. They are for images of 224 x 224 pixels.
 */
import type { Random } from "../random.ts"
import { defocus, glass, motion, zoom } from "./blurs.ts"
import { contrast, elastic, pixelate } from "./digital.ts"
import { gaussianNoise, impulseNoise, shotNoise } from "./noise.ts"
import type { Blend } from "./frost.ts"
import type { Planes } from "./planes.ts"
import { brightness, fog, snow } from "./weather.ts"

type Severities<A> = readonly [A, A, A, A, A]
type Corruption = (image: Planes, severity: 1 | 2 | 3 | 4 | 5, random: Random) => Planes

const graded =
  <A>(constants: Severities<A>, apply: (image: Planes, constant: A, random: Random) => Planes): Corruption =>
  (image, severity, random) =>
    apply(image, constants[severity - 1] ?? constants[0], random)

/** 1, 1 + step, … up to `end`, as many as numpy's `arange` gives: rounding lets some lists reach their end. */
const steps = (end: number, step: number) => Array.from({ length: Math.ceil((end - 1) / step) }, (_, i) => 1 + i * step)

const flakes = (mean: number, size: number, least: number, radius: number, way: number, left: number) => ({
  mean,
  deviation: 0.3,
  size,
  least,
  radius,
  way,
  left,
})
// 244 instead of 224 is the published code's own slip.
const bent = (height: number, smooth: number, corners: number) => ({
  height: 244 * height,
  smooth: 244 * smooth,
  corners: 244 * corners,
})

/** The kinds that are computed on numbers; `jpeg-compression` is a codec's and `frost` takes photographs: their constants are below. */
export const corruptions = {
  "gaussian-noise": graded([0.08, 0.12, 0.18, 0.26, 0.38], gaussianNoise),
  "shot-noise": graded([60, 25, 12, 5, 3], shotNoise),
  "impulse-noise": graded([0.03, 0.06, 0.09, 0.17, 0.27], impulseNoise),
  "defocus-blur": graded<readonly [number, number]>(
    [
      [3, 0.1],
      [4, 0.5],
      [6, 0.5],
      [8, 0.5],
      [10, 0.5],
    ],
    (image, [radius, deviation]) => defocus(image, radius, deviation),
  ),
  "glass-blur": graded(
    [
      { deviation: 0.7, delta: 1, rounds: 2 },
      { deviation: 0.9, delta: 2, rounds: 1 },
      { deviation: 1, delta: 2, rounds: 3 },
      { deviation: 1.1, delta: 3, rounds: 2 },
      { deviation: 1.5, delta: 4, rounds: 2 },
    ],
    glass,
  ),
  "motion-blur": graded<readonly [number, number]>(
    [
      [10, 3],
      [15, 5],
      [15, 8],
      [15, 12],
      [20, 15],
    ],
    (image, [radius, deviation], { between }) => motion(image, radius, deviation, between(-45, 45)),
  ),
  "zoom-blur": graded(
    [steps(1.11, 0.01), steps(1.16, 0.01), steps(1.21, 0.02), steps(1.26, 0.02), steps(1.31, 0.03)],
    zoom,
  ),
  snow: graded(
    [
      flakes(0.1, 3, 0.5, 10, 4, 0.8),
      flakes(0.2, 2, 0.5, 12, 4, 0.7),
      flakes(0.55, 4, 0.9, 12, 8, 0.7),
      flakes(0.55, 4.5, 0.85, 12, 8, 0.65),
      flakes(0.55, 2.5, 0.85, 12, 12, 0.55),
    ],
    snow,
  ),
  fog: graded<readonly [number, number]>(
    [
      [1.5, 2],
      [2, 2],
      [2.5, 1.7],
      [2.5, 1.5],
      [3, 1.4],
    ],
    (image, [thickness, decay], random) => fog(image, thickness, decay, random),
  ),
  brightness: graded([0.1, 0.2, 0.3, 0.4, 0.5], brightness),
  contrast: graded([0.4, 0.3, 0.2, 0.1, 0.05], contrast),
  "elastic-transform": graded(
    [bent(2, 0.7, 0.1), bent(2, 0.08, 0.2), bent(0.05, 0.01, 0.02), bent(0.07, 0.01, 0.02), bent(0.12, 0.01, 0.02)],
    elastic,
  ),
  pixelate: graded([0.6, 0.5, 0.4, 0.3, 0.25], pixelate),
} as const

/** Qualities of `jpeg-compression`. */
export const qualities: Severities<number> = [25, 18, 15, 10, 7]

/** Shares of the image and of the photograph in `frost`. */
export const blends: Severities<Blend> = [
  [1, 0.4],
  [0.8, 0.6],
  [0.7, 0.7],
  [0.65, 0.7],
  [0.6, 0.75],
]
