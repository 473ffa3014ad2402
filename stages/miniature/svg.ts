import { hsl } from "./colour.ts"
import { box, ellipse, fixed, polygon } from "./kinds/path.ts"
import type { Part, Place, Role } from "./kinds/Kind.ts"
import { kinds } from "./kinds/index.ts"
import type { Patch, Scene, Texture, Thing } from "./Scene.ts"
import { pose } from "./visible.ts"

// Only shapes, gradients and patterns: text and filters differ between machines.

const matrix = (thing: Thing): string => {
  const { a, b, c, d, e, f } = pose(thing)
  const exact = (value: number) => String(Math.round(value * 1e4) / 1e4)
  return `matrix(${[a, b, c, d, e, f].map(exact).join(" ")})`
}

const marks = (texture: Texture): string => {
  const p = texture.pitch
  const fill = `fill="${texture.colour}"`
  switch (texture.name) {
    case "plain":
      return ""
    case "stripes":
      return `<path d="${box(0, 0, p / 2, p)}" ${fill}/>`
    case "dots":
      return `<path d="${ellipse(p / 2, p / 2, p * 0.3)}" ${fill}/>`
    case "checks":
      return `<path d="${box(0, 0, p / 2, p / 2)}${box(p / 2, p / 2, p / 2, p / 2)}" ${fill}/>`
    case "hatch":
      return `<path d="${box(0, 0, p / 6, p)}${box(0, 0, p, p / 6)}" ${fill}/>`
  }
}

const pattern = (name: string, texture: Texture): string =>
  `<pattern id="${name}" width="${fixed(texture.pitch)}" height="${fixed(texture.pitch)}" patternUnits="userSpaceOnUse" ` +
  `patternTransform="rotate(${fixed(texture.angle)})">${marks(texture)}</pattern>`

/** A gradient across a box, from light to dark along an angle. */
const shading = (name: string, angle: number, strength: number): string => {
  const x = Math.cos((angle * Math.PI) / 180) / 2
  const y = Math.sin((angle * Math.PI) / 180) / 2
  const stop = (at: string, colour: string, opacity: number) =>
    `<stop offset="${at}" stop-color="${colour}" stop-opacity="${fixed(opacity)}"/>`
  return (
    `<linearGradient id="${name}" x1="${fixed(0.5 - x)}" y1="${fixed(0.5 - y)}" x2="${fixed(0.5 + x)}" y2="${fixed(0.5 + y)}">` +
    `${stop("0", "#fff", strength)}${stop("0.45", "#fff", 0)}${stop("0.55", "#000", 0)}${stop("1", "#000", strength)}</linearGradient>`
  )
}

const partsOf = (thing: Thing): ReadonlyArray<Part> =>
  (kinds[thing.kind] ?? kinds[0]).parts((i, low, high) => low + (high - low) * (thing.proportions[i] ?? 0.5))

const painted = (part: Part, colour: string): string =>
  part.width === undefined
    ? `<path d="${part.d}" fill="${colour}"/>`
    : `<path d="${part.d}" fill="none" stroke="${colour}" stroke-width="${fixed(part.width)}" stroke-linecap="round"/>`

/** Parts in outline: closed ones filled with the paper, so that they hide what is behind. */
const outlined = (part: Part, ink: string, paper: string, width: number): string =>
  `<path d="${part.d}" fill="${part.width === undefined ? paper : "none"}" stroke="${ink}" stroke-width="${fixed(width)}" stroke-linejoin="round"/>`

const group = (thing: Thing, content: string): string => `<g transform="${matrix(thing)}">${content}</g>`

const photographed = (thing: Thing, i: number): string => {
  const texture = `t${i}`
  const shade = `s${i}`
  const over = (part: Part): string =>
    part.role !== "body" || part.width !== undefined
      ? ""
      : (thing.texture.name === "plain"
          ? ""
          : `<path d="${part.d}" fill="url(#${texture})" opacity="${fixed(thing.texture.opacity)}"/>`) +
        `<path d="${part.d}" fill="url(#${shade})"/>`
  return (
    `<defs>${pattern(texture, thing.texture)}${shading(shade, thing.shade.angle, thing.shade.strength)}</defs>` +
    group(
      thing,
      partsOf(thing)
        .map((part) => painted(part, thing.colours[part.role]) + over(part))
        .join(""),
    )
  )
}

const figure = (patch: Patch): string => {
  const d =
    patch.form === "ellipse"
      ? ellipse(0, 0, patch.rx, patch.ry)
      : patch.form === "box"
        ? box(-patch.rx, -patch.ry, 2 * patch.rx, 2 * patch.ry)
        : polygon(0, -patch.ry, patch.rx, patch.ry, -patch.rx, patch.ry)
  return (
    `<path transform="translate(${fixed(patch.x)} ${fixed(patch.y)}) rotate(${fixed(patch.turn)})" d="${d}" ` +
    `fill="${patch.colour}" opacity="${fixed(patch.opacity)}"/>`
  )
}

const frame = (fill: string, opacity = 1): string =>
  `<path d="${box(0, 0, 100, 100)}" fill="${fill}"${opacity === 1 ? "" : ` opacity="${fixed(opacity)}"`}/>`

const photo = (scene: Scene): string => {
  const { covers, ground, light, scenery, things } = scene
  const lower = box(0, ground.horizon, 100, 100 - ground.horizon)
  return (
    `<defs>${pattern("ground", ground.texture)}${shading("light", light.angle, light.contrast)}</defs>` +
    frame(ground.upper) +
    `<path d="${lower}" fill="${ground.lower}"/><path d="${lower}" fill="url(#ground)" opacity="0.35"/>` +
    scenery.map(figure).join("") +
    things.map(photographed).join("") +
    covers.map(figure).join("") +
    frame("url(#light)") +
    frame(light.exposure < 0 ? "#000" : "#fff", Math.abs(light.exposure))
  )
}

/** Few colours, no texture, no light; with thick outlines where `ink` is given. */
const plain = (scene: Scene, ink: string | undefined): string => {
  const paint = (part: Part, colour: string): string =>
    ink === undefined || part.width !== undefined ? painted(part, colour) : outlined(part, ink, colour, 4)
  return (
    frame(scene.ground.upper) +
    scene.things
      .map((thing) =>
        group(
          thing,
          partsOf(thing)
            .map((part) => paint(part, thing.colours[part.role]))
            .join(""),
        ),
      )
      .join("") +
    scene.covers.map(figure).join("")
  )
}

const hue: Readonly<Record<Place, number>> = { meadow: 110, sky: 210, water: 190, room: 30 }

const silhouette = (scene: Scene): string => {
  const tint = hue[scene.place]
  const ink: Readonly<Record<Role, string>> = {
    body: hsl(tint, 0.3, 0.12),
    second: hsl(tint, 0.3, 0.12),
    accent: hsl(tint, 0.3, 0.12),
    dark: hsl(tint, 0.3, 0.12),
    light: hsl(tint, 0.3, 0.2),
  }
  return (
    frame(hsl(tint, 0.5, 0.8)) +
    scene.things
      .map((thing) =>
        group(
          thing,
          partsOf(thing)
            .map((part) => painted(part, ink[part.role]))
            .join(""),
        ),
      )
      .join("")
  )
}

const lines = (scene: Scene, ink: string, paper: string, width: number): string =>
  frame(paper) +
  scene.things
    .map((thing) =>
      group(
        thing,
        partsOf(thing)
          .map((part) => outlined(part, ink, paper, width / thing.scale))
          .join(""),
      ),
    )
    .join("")

/** Pencil on paper: outlines gone over twice, the second time not quite in the same place. */
const sketch = (scene: Scene): string =>
  lines(scene, "#222", "#fff", 1.3) +
  scene.things
    .map((thing, i) => {
      const again = { ...thing, x: thing.x + 0.9 - (i % 2), y: thing.y - 0.7, turn: thing.turn + 1.2 }
      return group(
        again,
        partsOf(thing)
          .map((part) => outlined(part, "#555", "none", 0.9 / thing.scale))
          .join(""),
      )
    })
    .join("")

const content = (scene: Scene): string => {
  switch (scene.style) {
    case "photo":
    case "mosaic":
    case "negative":
      return photo(scene)
    case "flat":
      return plain(scene, undefined)
    case "cartoon":
      return plain(scene, "#101010")
    case "silhouette":
      return silhouette(scene)
    case "blueprint":
      return lines(scene, "#f4f8ff", "#1d4fa0", 1.8)
    case "sketch":
      return sketch(scene)
  }
}

/** The scene as SVG text of `side` x `side` pixels. */
export const svg = (scene: Scene, side: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 100 100">${content(scene)}</svg>`
