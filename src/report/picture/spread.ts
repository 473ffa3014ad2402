import type { Layout, Layouts, Place, Point, Route } from "./layout.ts"
import type { Picture } from "./Picture.ts"
import { foldable, type Size, unfolded } from "./size.ts"

interface Growth {
  readonly from: number
  readonly to: number
  /** The least by which all lengths within grow. */
  readonly factor: number
}

/**
 * Where each coordinate goes when stretches of the axis grow, what lies between
 * them keeping its length. The map never turns round, so what was apart stays apart.
 */
const stretch = (growths: ReadonlyArray<Growth>): ((at: number) => number) => {
  const stops = [...new Set(growths.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
  const pieces: Array<{ readonly from: number; readonly start: number; readonly factor: number }> = []
  let start = stops[0] ?? 0
  stops.forEach((from, index) => {
    const to = stops[index + 1] ?? from
    const over = growths.filter((growth) => growth.from <= from && growth.to >= to && to > from)
    const factor = Math.max(1, ...over.map((growth) => growth.factor))
    pieces.push({ from, start, factor })
    start += (to - from) * factor
  })
  return (at) => {
    const piece = pieces.findLast(({ from }) => from <= at)
    return piece === undefined ? at : piece.start + (at - piece.from) * piece.factor
  }
}

const share = (of: number): number => Math.min(1, Math.max(0, of))

/** Where a point at a box's edge goes with it. */
const anchor = ([x, y]: Point, from: Place, to: Place): Point => [
  to.x + share((x - from.x) / from.width) * to.width,
  to.y + share((y - from.y) / from.height) * to.height,
]

/** A gap narrower than this is bridged by bending the first curve. */
const narrow = 30
/** How far a line runs beside a row of boxes; less than there is between two rows. */
const beside = 10

/**
 * Curves that begin at `start`, the edge of a box, and not at the edge of the
 * room made for it. On the way from one to the other they stay in that room,
 * or `beside` it, where no other box can be.
 */
const begun = (points: ReadonlyArray<Point>, start: Point, box: Place): ReadonlyArray<Point> => {
  const [first = start, second = start, ...rest] = points
  const [dx, dy] = [first[0] - start[0], first[1] - start[1]]
  // A line of one curve leads to the next row: nothing is in its way.
  if (Math.hypot(dx, dy) < narrow || points.length === 4) return [start, [second[0] - dx, second[1] - dy], ...rest]
  const inside = start[1] > box.y + 1 && start[1] < box.y + box.height - 1
  if (inside) return [start, start, first, ...points]
  const way = Math.sign(dx)
  const level = first[1] + (start[1] > box.y + box.height / 2 ? beside : -beside)
  const turn: Point = [first[0], level]
  const bend = Math.min(40, Math.abs(dx) / 2)
  return [start, [start[0], level], [turn[0] - way * bend, level], turn, [turn[0] + way * bend, level], ...rest]
}

/** The same layout with room made for other sizes of its boxes: none that grows moves another out of its order. */
export const spread = (layout: Layout, sizes: ReadonlyArray<Size>): Layout => {
  const grow = (start: "x" | "y", length: "width" | "height") =>
    stretch(
      layout.places.flatMap((place, at) => {
        const factor = (sizes[at]?.[length] ?? place[length]) / place[length]
        return factor > 1 ? [{ from: place[start], to: place[start] + place[length], factor }] : []
      }),
    )
  const [toX, toY] = [grow("x", "width"), grow("y", "height")]
  const places = layout.places.map((place, at): Place => {
    const { height, width } = sizes[at] ?? place
    const [left, right] = [toX(place.x), toX(place.x + place.width)]
    const [top, bottom] = [toY(place.y), toY(place.y + place.height)]
    return { x: (left + right - width) / 2, y: (top + bottom - height) / 2, width, height }
  })
  const routes = layout.routes.map((route): Route => {
    const points = route.points.map(([x, y]): Point => [toX(x), toY(y)])
    const [from, to] = [places[route.from], places[route.to]]
    const end = (at: number, box: number, now: Place) => {
      const [point, before] = [route.points.at(at), layout.places[box]]
      return point === undefined || before === undefined ? undefined : anchor(point, before, now)
    }
    const tail = from === undefined ? undefined : end(0, route.from, from)
    const tip = to === undefined ? undefined : end(-1, route.to, to)
    if (from === undefined || to === undefined || tail === undefined || tip === undefined) return route
    return { ...route, points: begun(begun(points, tail, from).toReversed(), tip, to).toReversed() }
  })
  return { width: toX(layout.width), height: toY(layout.height), places, routes }
}

/** The layout of a picture with these boxes unfolded. */
export const arrange = (picture: Picture, { folded, unfolded: all }: Layouts, open: ReadonlySet<number>): Layout => {
  if (open.size === 0) return folded
  if (all !== undefined && picture.boxes.every((box, at) => open.has(at) || !foldable(box))) return all
  const sizes = picture.boxes.map((box, at) => {
    const place = folded.places[at]
    return open.has(at) && foldable(box) ? unfolded(box) : { width: place?.width ?? 0, height: place?.height ?? 0 }
  })
  return spread(folded, sizes)
}
