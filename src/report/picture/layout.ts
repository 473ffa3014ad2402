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

/** The two pictures between which a page moves: all boxes folded, and all unfolded, where any can be. */
export interface Layouts {
  readonly folded: Layout
  readonly unfolded?: Layout
}

/** Graphviz counts in inches; a picture of ours has so many pixels to one. */
const inch = 72

/** With more lines than this, the search for the best order of boxes is cut short: it takes minutes otherwise. */
const manyEdges = 500

/** More ends than this side by side would make the picture wider than all else. */
const fewEnds = 5

/**
 * Pairs of boxes to be put one below the other: those on which nothing stands,
 * in columns, ones with the same inputs together.
 */
const stacked = ({ boxes, edges }: Picture): ReadonlyArray<readonly [above: number, below: number]> => {
  const inputs = boxes.map((_, at) => edges.flatMap(([from, to]) => (to === at ? [from] : [])).join(" "))
  const used = new Set(edges.map(([from]) => from))
  const ends = [...boxes.keys()].filter((at) => !used.has(at))
  const order = ends.toSorted(
    (a, b) => (inputs[a] ?? "").localeCompare(inputs[b] ?? "", "en", { numeric: true }) || a - b,
  )
  const rows = ends.length <= fewEnds ? 1 : Math.ceil(ends.length / Math.max(4, Math.ceil(Math.sqrt(ends.length))))
  return order.flatMap((below, at) => {
    const above = order[at - 1]
    return at % rows === 0 || above === undefined ? [] : [[above, below] as const]
  })
}

const dot = (picture: Picture, sizes: ReadonlyArray<Size>): string =>
  [
    "digraph {",
    "graph [nodesep=0.35, ranksep=0.45, splines=true]",
    ...(picture.edges.length > manyEdges ? ["graph [nslimit=0.2, nslimit1=0.2, mclimit=0.1]"] : []),
    'node [shape=box, fixedsize=true, label=""]',
    "edge [dir=none]",
    ...sizes.map(({ height, width }, at) => `${at} [width=${width / inch}, height=${height / inch}]`),
    ...picture.edges.map(([from, to]) => `${from} -> ${to}`),
    ...stacked(picture).map(([above, below]) => `${above} -> ${below} [style=invis]`),
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
      // The last two words are its style and its colour.
      if (kind !== "edge" || rest.at(-2) === "invis") return []
      const all = Array.from({ length: Number(points) }, (_, at): Point => [
        Math.round(number(rest[2 * at])),
        Math.round(height - number(rest[2 * at + 1])),
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
  return picture.boxes.some(foldable) ? { folded, unfolded: yield* layout(picture, () => true) } : { folded }
})
