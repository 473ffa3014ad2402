import * as Effect from "effect/Effect"
import type { Picture } from "./Picture.ts"
import { foldable, folded, type Size, unfolded } from "./size.ts"

/** A point, in pixels from the upper left. */
export type Point = readonly [x: number, y: number]

/** Where a box is: its upper left corner, and its size. */
export interface Place extends Size {
  readonly x: number
  readonly y: number
}

/** A line from box to box as Bézier curves: a first point, then three for each curve. */
export interface Route {
  readonly from: number
  readonly to: number
  readonly points: ReadonlyArray<Point>
}

/** Where all boxes and lines are. */
export interface Layout extends Size {
  /** Box by box, in the picture's order. */
  readonly places: ReadonlyArray<Place>
  readonly routes: ReadonlyArray<Route>
}

/** The two pictures between which a page moves: all boxes folded, and all that can be unfolded. */
export interface Layouts {
  readonly folded: Layout
  readonly unfolded: Layout
}

/** Graphviz counts in inches; a picture of ours has so many pixels to one. */
const inch = 72

// Bends around boxes cost time that grows fast with their number.
const manyEdges = 1_500

const dot = (picture: Picture, sizes: ReadonlyArray<Size>): string =>
  [
    "digraph {",
    `graph [nodesep=0.35, ranksep=0.45, splines=${picture.edges.length > manyEdges ? "line" : "true"}]`,
    'node [shape=box, fixedsize=true, label=""]',
    "edge [dir=none]",
    ...sizes.map(({ height, width }, at) => `${at} [width=${width / inch}, height=${height / inch}]`),
    ...picture.edges.map(([from, to]) => `${from} -> ${to}`),
    "}",
  ].join("\n")

const round = (pixels: number): number => Math.round(pixels * 10) / 10

/** Reads Graphviz's `plain` format: `graph`, `node` and `edge` lines, inches from the lower left. */
const parse = (plain: string, sizes: ReadonlyArray<Size>): Layout => {
  const lines = plain.split("\n").map((line) => line.split(" "))
  const number = (text: string | undefined) => Number(text ?? Number.NaN) * inch
  const graph = lines.find(([kind]) => kind === "graph")
  const [width, height] = [round(number(graph?.[2])), round(number(graph?.[3]))]
  const centres = new Map(
    lines.flatMap(([kind, name, x, y]) => (kind === "node" ? [[Number(name), [number(x), number(y)] as const]] : [])),
  )
  return {
    width,
    height,
    places: sizes.map((size, at) => {
      const [x, y] = centres.get(at) ?? [0, 0]
      return { x: round(x - size.width / 2), y: round(height - y - size.height / 2), ...size }
    }),
    routes: lines.flatMap(([kind, from, to, points, ...rest]) => {
      if (kind !== "edge") return []
      const all = Array.from({ length: Number(points) }, (_, at): Point => [
        round(number(rest[2 * at])),
        round(height - number(rest[2 * at + 1])),
      ])
      return [{ from: Number(from), to: Number(to), points: all }]
    }),
  }
}

const sizesOf = (picture: Picture, open: (box: number) => boolean): ReadonlyArray<Size> =>
  picture.boxes.map((box, at) => (foldable(box) && open(at) ? unfolded(box) : folded(box)))

/** Lays a picture out from top to bottom, with these boxes unfolded. */
export const layout = Effect.fnUntraced(function* (picture: Picture, open: (box: number) => boolean) {
  const { Graphviz } = yield* Effect.promise(() => import("@hpcc-js/wasm-graphviz"))
  const graphviz = yield* Effect.promise(() => Graphviz.load())
  const sizes = sizesOf(picture, open)
  return parse(graphviz.layout(dot(picture, sizes), "plain", "dot"), sizes)
})

/** Both layouts of a picture. */
export const layouts = Effect.fnUntraced(function* (picture: Picture): Effect.fn.Return<Layouts> {
  const folded = yield* layout(picture, () => false)
  const unfolded = picture.boxes.some(foldable) ? yield* layout(picture, () => true) : folded
  return { folded, unfolded }
})
