import * as Schema from "effect/Schema"
import { whole } from "../../../src/dsl/Stage.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { Encoder } from "../../tables.ts"
import { evened, extended, finish, grey, pooled, Side, start } from "./graphs.ts"

const Params = Schema.Struct({ side: Side })

const ORIENTATIONS = 8
/** Each octave is the one before at half its size. */
const OCTAVES = 3
/** Half a filter's side, its wavelength and its envelope's deviation, in pixels of its octave. */
const RADIUS = 4
const WAVELENGTH = 4.5
const DEVIATION = 2
/** Cells along a side of the image. */
const CELLS = 4

/**
 * Even and odd filters of one octave, `[2 x orientations, 1, 9, 9]`: cosine
 * and sine waves under a Gaussian. The even ones are freed of their mean, so
 * that plain brightness excites neither.
 */
const bank = () => {
  const side = 2 * RADIUS + 1
  const filter = (orientation: number, phase: number) => {
    const angle = (Math.PI * orientation) / ORIENTATIONS
    const at = (i: number) => [(i % side) - RADIUS, Math.floor(i / side) - RADIUS] as const
    const envelope = Array.from({ length: side * side }, (_, i) => {
      const [x, y] = at(i)
      return Math.exp(-(x * x + y * y) / (2 * DEVIATION * DEVIATION))
    })
    const wave = envelope.map((weight, i) => {
      const [x, y] = at(i)
      const along = x * Math.cos(angle) + y * Math.sin(angle)
      return weight * Math.cos((2 * Math.PI * along) / WAVELENGTH - phase)
    })
    const sum = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + value, 0)
    const offset = sum(wave) / sum(envelope)
    const balanced = wave.map((value, i) => value - offset * (envelope[i] ?? 0))
    const length = Math.hypot(...balanced)
    return balanced.map((value) => value / length)
  }
  const orientations = Array.from({ length: ORIENTATIONS }, (_, i) => i)
  const filters = [0, Math.PI / 2].flatMap((phase) => orientations.flatMap((i) => filter(i, phase)))
  return Tensor.float32([2 * ORIENTATIONS, 1, side, side], filters)
}

/**
 * Texture energy: how strongly eight orientations at three octaves are present
 * each of 4 x 4 cells, 384 features. A Gabor filter's even and odd responses
 * make its energy, which does not depend on the phase. After Manjunath and Ma
 * (1996, Texture Features for Browsing and Retrieval of Image Data).
 */
export const gabor = whole("gabor", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Encoder,
  label: () => "gabor",
  run: (_, { side }) => {
    const { g, planes } = start("gabor", side)
    const filters = g.constant(bank())
    const tiny = g.constant(Tensor.float32([], [1e-8]))
    const octaves: Array<ReturnType<typeof pooled>> = []
    let image = grey({ g, planes })
    let size = side
    for (let octave = 0; octave < OCTAVES; octave++) {
      const responses = g.op("Conv", [extended(g, image, RADIUS), filters])
      const [even, odd] = g.ops("Split", [responses], { axis: 1, num_outputs: 2 }, 2)
      const energy = g.op("Sqrt", [
        g.op("Add", [g.op("Add", [g.op("Mul", [even, even]), g.op("Mul", [odd, odd])]), tiny]),
      ])
      octaves.push(pooled(g, energy, size, CELLS))
      image = g.op("AveragePool", [image], { kernel_shape: [2, 2], strides: [2, 2] })
      size = Math.floor(size / 2)
    }
    const width = OCTAVES * ORIENTATIONS * CELLS * CELLS
    return finish(g, evened(g, g.op("Flatten", [g.op("Concat", octaves, { axis: 1 })])), width)
  },
})
