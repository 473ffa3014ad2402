import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { layout, layouts, type Place } from "../../../src/report/picture/layout.ts"
import { unfolded } from "../../../src/report/picture/size.ts"
import { arrange } from "../../../src/report/picture/spread.ts"
import { benchmark } from "./benchmarks.ts"

const overlap = (a: Place, b: Place): boolean =>
  a.x < b.x + b.width - 0.01 && b.x < a.x + a.width - 0.01 && a.y < b.y + b.height - 0.01 && b.y < a.y + a.height - 0.01

const picture = benchmark(12, 6)

/** Pairs of places that cover one another. */
const collisions = (places: ReadonlyArray<Place>) =>
  places.flatMap((a, i) => places.flatMap((b, j) => (i < j && overlap(a, b) ? [[i, j]] : [])))

describe("the layout", () => {
  it.effect("puts inputs above what stands on them, nothing on top of anything, lines from edge to edge", () =>
    Effect.gen(function* () {
      const laid = yield* layout(picture, () => false)
      expect(collisions(laid.places)).toEqual([])
      expect(laid.routes).toHaveLength(picture.edges.length)
      for (const { from, points, to } of laid.routes) {
        const [above, below] = [laid.places[from], laid.places[to]]
        expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThan(below?.y ?? 0)
        expect(points.length % 3).toBe(1)
        const [x, y] = points[0] ?? [0, 0]
        expect(x).toBeGreaterThan((above?.x ?? 0) - 2)
        expect(Math.abs(y - ((above?.y ?? 0) + (above?.height ?? 0)))).toBeLessThan(above?.height ?? 0)
      }
      for (const { height, width, x, y } of laid.places) {
        expect(Math.min(x, y)).toBeGreaterThan(-0.5)
        expect([x + width <= laid.width + 0.5, y + height <= laid.height + 0.5]).toEqual([true, true])
      }
    }),
  )

  it.effect.prop(
    "makes room for whatever is unfolded: no box covers another, and each keeps its place among them",
    [
      Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))), {
        maxLength: 8,
      }),
    ],
    ([chosen]) =>
      Effect.gen(function* () {
        const both = yield* layouts(picture)
        const open = new Set(chosen)
        const laid = arrange(picture, both, open)
        expect(collisions(laid.places)).toEqual([])
        picture.boxes.forEach((box, at) => {
          const place = laid.places[at]
          if (open.has(at) && box.nodes.length > 1) expect(place).toMatchObject(unfolded(box))
        })
        for (const { from, points, to } of laid.routes) {
          expect(points.length % 3).toBe(1)
          const [start, end, above, below] = [points[0], points.at(-1), laid.places[from], laid.places[to]]
          if (start === undefined || end === undefined || above === undefined || below === undefined) continue
          const near = ([x, y]: readonly [number, number], { height, width, ...at }: Place) =>
            x > at.x - 3 && x < at.x + width + 3 && y > at.y - 3 && y < at.y + height + 3
          expect([near(start, above), near(end, below)]).toEqual([true, true])
        }
      }),
    { arbitrary: { runs: 40 } },
  )
})
