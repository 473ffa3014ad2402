import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { make } from "../../../src/report/picture/Picture.ts"
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

  it.effect("stacks many ends instead of setting all side by side", () =>
    Effect.gen(function* () {
      const node = (name: string, inputs: ReadonlyArray<number>) => ({
        name,
        stage: name,
        state: { _tag: "fresh" as const },
        shards: undefined,
        inputs,
        target: undefined,
      })
      const ends = Array.from({ length: 16 }, (_, at) => node(`end${at}`, [0]))
      const wide = make({ pipeline: "p", nodes: [node("source", []), ...ends] }, [])
      const laid = yield* layout(wide, () => false)
      expect(collisions(laid.places)).toEqual([])
      expect(laid.routes).toHaveLength(16)
      expect(laid.width).toBeLessThan(8 * 240)
    }),
  )

  it.effect("does not take minutes for a thousand boxes in a tangle", () =>
    Effect.gen(function* () {
      let seed = 1
      const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
      const nodes = Array.from({ length: 1_000 }, (_, at) => ({
        name: `stage${at}`,
        stage: `stage${at}`,
        state: { _tag: "fresh" as const },
        shards: undefined,
        inputs: at === 0 ? [] : [...new Set([1, 2].map(() => Math.floor(random() * at)))],
        target: undefined,
      }))
      const began = performance.now()
      yield* layout(make({ pipeline: "p", nodes }, []), () => false)
      expect(performance.now() - began).toBeLessThan(20_000)
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
