import { hsl } from "./colour.ts"
import type { Kind, Place } from "./kinds/Kind.ts"
import { kinds } from "./kinds/index.ts"
import { type Random, random } from "../random.ts"
import { idOf, labelOf } from "./drawn.ts"
import type { Patch, Scene, Texture, Thing } from "./Scene.ts"
import { type SetName, setStyles, type Style } from "./sets.ts"

/** How often a thing has the colours, the texture and the place that its kind usually has. */
const USUAL = 0.6

const textures: readonly [Texture["name"], ...ReadonlyArray<Texture["name"]>] = [
  "plain",
  "stripes",
  "dots",
  "checks",
  "hatch",
]
const places: readonly [Place, ...ReadonlyArray<Place>] = ["meadow", "sky", "water", "room"]

const texture = (r: Random, name: Texture["name"], hue: number): Texture => ({
  name,
  angle: r.between(0, 180),
  pitch: r.between(8, 18),
  colour: hsl(
    hue + r.between(-40, 40),
    r.between(0.2, 0.7),
    r.chance(0.5) ? r.between(0.15, 0.35) : r.between(0.7, 0.9),
  ),
  opacity: r.between(0.35, 0.8),
})

const colours = (r: Random, kind: Kind): { readonly hue: number; readonly colours: Thing["colours"] } => {
  const [first, ...others] = kind.hues
  const hue =
    first !== undefined && r.chance(USUAL) ? r.pick([first, ...others]) + r.between(-12, 12) : r.between(0, 360)
  const saturation = r.between(0.3, 0.85)
  return {
    hue,
    colours: {
      body: hsl(hue, saturation, r.between(0.3, 0.68)),
      second: hsl(hue + r.between(40, 320), r.between(0.2, 0.7), r.between(0.25, 0.7)),
      accent: hsl(r.between(0, 360), r.between(0.4, 0.9), r.between(0.4, 0.65)),
      dark: hsl(r.between(0, 360), 0.2, r.between(0.05, 0.2)),
      light: hsl(r.between(0, 360), 0.3, r.between(0.82, 0.96)),
    },
  }
}

interface Pose {
  readonly x: number
  readonly y: number
  readonly scale: number
}

const thing = (r: Random, index: number, pose: Pose, range: number): Thing => {
  const kind = kinds[index] ?? kinds[0]
  const painted = colours(r, kind)
  return {
    kind: index,
    ...pose,
    turn: r.between(-22, 22) * range,
    mirrored: r.chance(0.5),
    squeeze: 1 - r.between(0, 0.28) * range,
    proportions: Array.from({ length: 6 }, () => r.next()),
    colours: painted.colours,
    texture: texture(r, r.chance(USUAL) ? kind.texture : r.pick(textures), painted.hue),
    shade: { angle: r.between(0, 360), strength: r.between(0.1, 0.5) },
  }
}

const groundOf = (r: Random, place: Place): Scene["ground"] => {
  const tones: Record<Place, readonly [upper: number, lower: number]> = {
    meadow: [205, 100],
    sky: [210, 200],
    water: [200, 215],
    room: [35, 25],
  }
  const [upper, lower] = tones[place]
  const horizon = place === "sky" ? 100 : place === "water" ? r.between(5, 45) : r.between(35, 75)
  return {
    upper: hsl(upper + r.between(-20, 20), r.between(0.2, 0.6), r.between(0.5, 0.85)),
    lower: hsl(lower + r.between(-20, 20), r.between(0.2, 0.6), r.between(0.3, 0.65)),
    horizon,
    texture: texture(r, r.pick(textures), lower),
  }
}

const forms: readonly [Patch["form"], ...ReadonlyArray<Patch["form"]>] = ["ellipse", "box", "triangle"]

const patch = (r: Random, size: readonly [number, number], opacity: number): Patch => ({
  form: r.pick(forms),
  x: r.between(0, 100),
  y: r.between(0, 100),
  rx: r.between(...size),
  ry: r.between(...size),
  turn: r.between(0, 180),
  colour: hsl(r.between(0, 360), r.between(0.1, 0.6), r.between(0.2, 0.8)),
  opacity,
})

const some = <A>(n: number, make: () => A): ReadonlyArray<A> => Array.from({ length: n }, make)

/** Isolated on a plain ground, as drawings are. */
const isDrawing = (style: Style): boolean => style === "sketch" || style === "silhouette" || style === "blueprint"

/**
 * The scene of one image, drawn from its own seed alone: no other image
 * changes it. Frame and sizes are in units of 1/100 of the image's side.
 */
export const compose = (seed: number, set: SetName, index: number): Scene => {
  const id = idOf(set, index)
  const r = random(`${seed}/${id}`)
  const { styles, range } = setStyles[set]
  const style = r.pick(styles)
  const label = labelOf(set, index)
  const drawing = isDrawing(style)
  const place = r.chance(USUAL) ? (kinds[label] ?? kinds[0]).place : r.pick(places)

  const subject = thing(
    r,
    label,
    {
      x: 50 + r.between(-16, 16) * range,
      y: 50 + r.between(-14, 14) * range,
      scale: drawing ? r.between(0.6, 0.9) : r.between(0.45, 0.85),
    },
    range,
  )
  const bystander = () =>
    thing(r, r.below(kinds.length), { x: r.between(8, 92), y: r.between(8, 92), scale: r.between(0.22, 0.48) }, range)
  const crowd = drawing ? 0 : r.pick([0, 0, 1, 1, 2, 3])
  const others = some(crowd, bystander)
  const inFront = others.length > 0 && r.chance(0.3) ? 1 : 0
  const behind = others.slice(inFront)
  // Something close to the lens now and then, at times large enough to hide the subject.
  const hidden = !drawing && r.chance(0.1 * range)
  const cover = (): Patch => ({
    ...patch(r, [10, 30], 1),
    form: "ellipse",
    x: subject.x + r.between(-16, 16),
    y: subject.y + r.between(-16, 16),
  })
  return {
    id,
    set,
    style,
    place,
    ground: groundOf(r, place),
    scenery: drawing ? [] : some(3 + r.below(6), () => patch(r, [3, 16], r.between(0.3, 0.8))),
    things: [...behind, subject, ...others.slice(0, inFront)],
    subject: behind.length,
    covers: hidden ? some(1 + r.below(2), cover) : [],
    light: {
      angle: r.between(0, 360),
      contrast: r.between(0, 0.45) * range,
      exposure: r.between(-0.28, 0.28) * range,
    },
    quality: 60 + r.below(33),
  }
}
