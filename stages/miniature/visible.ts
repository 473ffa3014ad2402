import type { Kind } from "./kinds/Kind.ts"
import { kinds } from "./kinds/index.ts"
import type { Patch, Scene, Thing } from "./Scene.ts"

/** How much of a thing can be seen. */
export interface Visibility {
  /** Share of the thing that is neither outside the frame nor behind something, 0..1. */
  readonly share: number
  /** Its visible area as a share of the frame, 0..1. */
  readonly area: number
}

/** A map of the plane: (x, y) to (a x + c y + e, b x + d y + f), as SVG writes it. */
interface Affine {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly e: number
  readonly f: number
}

/** From a thing's box (-50..50) to the frame (0..100): scaled and mirrored, turned, moved. */
export const pose = (thing: Thing): Affine => {
  const angle = (thing.turn * Math.PI) / 180
  const sx = thing.scale * thing.squeeze * (thing.mirrored ? -1 : 1)
  const sy = thing.scale
  return {
    a: Math.cos(angle) * sx,
    b: Math.sin(angle) * sx,
    c: -Math.sin(angle) * sy,
    d: Math.cos(angle) * sy,
    e: thing.x,
    f: thing.y,
  }
}

const forward = ({ a, b, c, d, e, f }: Affine, x: number, y: number) => [a * x + c * y + e, b * x + d * y + f] as const

const backward = ({ a, b, c, d, e, f }: Affine, x: number, y: number) => {
  const det = a * d - b * c
  return [(d * (x - e) - c * (y - f)) / det, (a * (y - f) - b * (x - e)) / det] as const
}

const extentOf = (thing: Thing): Kind["extent"] => (kinds[thing.kind] ?? kinds[0]).extent

const thingCovers = (thing: Thing, map: Affine, x: number, y: number): boolean => {
  const [u, v] = backward(map, x, y)
  const [cx, cy, rx, ry] = extentOf(thing)
  return ((u - cx) / rx) ** 2 + ((v - cy) / ry) ** 2 < 1
}

const patchCovers = (patch: Patch, x: number, y: number): boolean => {
  const angle = (patch.turn * Math.PI) / 180
  const dx = x - patch.x
  const dy = y - patch.y
  const u = Math.cos(angle) * dx + Math.sin(angle) * dy
  const v = Math.cos(angle) * dy - Math.sin(angle) * dx
  return (u / patch.rx) ** 2 + (v / patch.ry) ** 2 < 1
}

const GRID = 16

/**
 * How much can be seen of the `index`-th thing of a scene, counted on a grid
 * of points within the ellipse that stands for its kind; what lies in front of
 * it counts by its ellipse as well.
 */
export const visibility = (scene: Scene, index: number): Visibility => {
  const thing = scene.things[index]
  if (thing === undefined) return { share: 0, area: 0 }
  const map = pose(thing)
  const front = scene.things.slice(index + 1).map((other) => ({ other, map: pose(other) }))
  const [cx, cy, rx, ry] = extentOf(thing)
  let points = 0
  let seen = 0
  for (let i = 0; i < GRID; i++) {
    for (let j = 0; j < GRID; j++) {
      const u = ((i + 0.5) / GRID) * 2 - 1
      const v = ((j + 0.5) / GRID) * 2 - 1
      if (u * u + v * v >= 1) continue
      points++
      const [x, y] = forward(map, cx + u * rx, cy + v * ry)
      const hidden =
        x < 0 ||
        x > 100 ||
        y < 0 ||
        y > 100 ||
        scene.covers.some((cover) => patchCovers(cover, x, y)) ||
        front.some(({ map, other }) => thingCovers(other, map, x, y))
      if (!hidden) seen++
    }
  }
  const share = seen / points
  const whole = (Math.PI * rx * ry * thing.scale * thing.scale * thing.squeeze) / 1e4
  return { share, area: share * whole }
}
