import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import sharp from "sharp"
import { compose } from "../../../stages/miniature/compose.ts"
import { draw } from "../../../stages/miniature/draw.ts"
import { kinds } from "../../../stages/miniature/kinds/index.ts"
import { labels } from "../../../stages/miniature/labels.ts"
import type { Scene, Thing } from "../../../stages/miniature/Scene.ts"
import { setStyles, type SetName } from "../../../stages/miniature/sets.ts"
import { svg } from "../../../stages/miniature/svg.ts"
import { visibility } from "../../../stages/miniature/visible.ts"
import { runWhole, services } from "../../harness.ts"

const everySet: ReadonlyArray<SetName> = ["train", "validation", "v2", "rendition", "sketch", "pool"]
const params = (set: SetName, perClass: number, seed = 1) => ({ set, perClass, seed, size: 72 })
const drawn = (set: SetName, perClass: number, seed?: number) => runWhole(draw, {}, params(set, perClass, seed))
const labelled = (set: SetName, perClass: number, rule: "single" | "real") =>
  runWhole(labels, {}, { set, perClass, seed: 1, rule })
const rgb = (image: Uint8Array | string) =>
  Effect.promise(() => sharp(Buffer.from(image)).removeAlpha().raw().toBuffer({ resolveWithObject: true }))

describe("draw", () => {
  it.effect("gives the same bytes for the same seed, others for another", () =>
    Effect.gen(function* () {
      const [first, second, other] = [yield* drawn("train", 2), yield* drawn("train", 2), yield* drawn("train", 2, 7)]
      assert.deepStrictEqual(second, first)
      assert.deepStrictEqual(other.id, first.id)
      other.bytes.forEach((bytes, i) => assert.notDeepEqual(bytes, first.bytes[i]))
    }).pipe(Effect.provide(services())),
  )

  it.effect("draws an image alike however many others there are and on however many cores", () =>
    Effect.gen(function* () {
      const few = yield* drawn("rendition", 1)
      const many = yield* Effect.provide(drawn("rendition", 4), services({ cores: 1 }))
      assert.deepStrictEqual(many.id.slice(0, few.id.length), few.id)
      assert.deepStrictEqual(many.bytes.slice(0, few.id.length), few.bytes)
    }).pipe(Effect.provide(services({ cores: 2 }))),
  )

  it.effect.each(everySet)("%s: JPEG images of the size asked for, no two alike", (set) =>
    Effect.gen(function* () {
      const { bytes, id } = yield* drawn(set, 2)
      assert.strictEqual(id.length, 2 * setStyles[set].classes.length)
      assert.deepStrictEqual([...id].sort(), [...id])
      assert.strictEqual(id[0], `${set}/00000`)
      for (const image of bytes) {
        const { format, height, width } = yield* Effect.promise(() => sharp(image).metadata())
        assert.deepStrictEqual({ format, height, width }, { format: "jpeg", height: 72, width: 72 })
        const { channels } = yield* Effect.promise(() => sharp(image).stats())
        assert.isTrue(
          channels.some(({ stdev }) => stdev > 8),
          "an image without content",
        )
      }
      assert.strictEqual(new Set(bytes.map((image) => Buffer.from(image).toString("base64"))).size, bytes.length)
    }).pipe(Effect.provide(services())),
  )

  it.effect("draws sketches in dark lines on white", () =>
    Effect.gen(function* () {
      const { bytes } = yield* drawn("sketch", 2)
      for (const image of bytes) {
        const { data } = yield* rgb(image)
        let chroma = 0
        let white = 0
        let dark = 0
        for (let i = 0; i < data.length; i += 3) {
          const pixel = [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0]
          chroma = Math.max(chroma, Math.max(...pixel) - Math.min(...pixel))
          if (Math.min(...pixel) > 230) white++
          if (Math.max(...pixel) < 128) dark++
        }
        assert.isBelow(chroma, 12)
        assert.isAbove(white / (72 * 72), 0.6)
        assert.isAbove(dark, 10)
      }
    }).pipe(Effect.provide(services())),
  )

  it.effect("renders a mosaic in cells of one colour", () =>
    Effect.gen(function* () {
      const index = Array.from({ length: 60 }, (_, i) => i).find((i) => compose(1, "rendition", i).style === "mosaic")
      const { bytes } = yield* drawn("rendition", 6)
      const { data } = yield* rgb(bytes[index ?? 0] ?? new Uint8Array())
      const at = (x: number, y: number) => data[(y * 72 + x) * 3 + 1] ?? 0
      let within = 0
      let across = 0
      for (let y = 1; y < 72; y += 3) {
        for (let x = 1; x < 69; x += 3) {
          within += Math.abs(at(x, y) - at(x - 1, y))
          across += Math.abs(at(x + 1, y) - at(x + 2, y))
        }
      }
      assert.isAbove(across, 2 * within)
    }).pipe(Effect.provide(services())),
  )
})

describe("labels", () => {
  it.effect.each(everySet)("%s: as many images of each class, under the ids of the images", (set) =>
    Effect.gen(function* () {
      const { id } = yield* drawn(set, 3)
      const single = yield* labelled(set, 3, "single")
      assert.deepStrictEqual(single.id, id)
      const counts = Map.groupBy(single.labels, ([label]) => label)
      assert.deepStrictEqual([...counts.keys()].sort(), [...setStyles[set].classes].sort())
      for (const images of counts.values()) assert.strictEqual(images.length, 3)
    }).pipe(Effect.provide(services())),
  )

  it.effect("real: none, one or several, each of a thing in the picture", () =>
    Effect.gen(function* () {
      const real = yield* labelled("validation", 20, "real")
      const single = yield* labelled("validation", 20, "single")
      assert.deepStrictEqual(real.id, single.id)
      const sizes = new Set(real.labels.map(({ length }) => Math.min(2, length)))
      assert.deepStrictEqual([...sizes].sort(), [0, 1, 2])
      real.labels.forEach((found, i) => {
        const there = compose(1, "validation", i).things.map(({ kind }) => kind)
        assert.deepStrictEqual(
          [...new Set(found)].sort((a, b) => a - b),
          [...found],
        )
        for (const label of found) assert.include(there, label)
      })
      const kept = real.labels.filter((found, i) => found.includes(single.labels[i]?.[0] ?? -1))
      assert.isAbove(kept.length / real.id.length, 0.8)
    }).pipe(Effect.provide(services())),
  )
})

it("there are at least 16 classes, and at least 10 of them in every set", () => {
  assert.isAtLeast(kinds.length, 16)
  assert.strictEqual(new Set(kinds.map(({ name }) => name)).size, kinds.length)
  for (const set of everySet) assert.isAtLeast(setStyles[set].classes.length, 10)
})

it.effect("what is said to be visible is what can be seen", () =>
  Effect.gen(function* () {
    const one = (thing: Thing, colour: string): Thing => ({
      ...thing,
      colours: { body: colour, second: colour, accent: colour, dark: colour, light: colour },
      texture: { ...thing.texture, name: "plain" },
    })
    const paint = (scene: Scene, colour: string) =>
      rgb(
        svg(
          { ...scene, things: scene.things.map((thing, i) => (i === scene.subject ? one(thing, colour) : thing)) },
          100,
        ),
      )
    // Pixels that change when the subject changes its colour are those in which it is seen.
    const seen = Effect.fnUntraced(function* (scene: Scene) {
      const [a, b] = [(yield* paint(scene, "#ff0000")).data, (yield* paint(scene, "#00ff00")).data]
      let pixels = 0
      for (let i = 0; i < a.length; i += 3) if (Math.abs((a[i] ?? 0) - (b[i] ?? 0)) > 60) pixels++
      return pixels
    })
    const differences: Array<number> = []
    for (let i = 0; differences.length < 40; i++) {
      const scene = compose(1, "validation", i)
      if (scene.covers.length === 0 && scene.subject === scene.things.length - 1) continue
      const alone = { ...scene, covers: [], things: scene.things.slice(0, scene.subject + 1) }
      const share = (yield* seen(scene)) / (yield* seen(alone))
      differences.push(
        Math.abs(share - visibility(scene, scene.subject).share / visibility(alone, scene.subject).share),
      )
    }
    const mean = differences.reduce((sum, x) => sum + x, 0) / differences.length
    assert.isBelow(mean, 0.12)
  }),
)
