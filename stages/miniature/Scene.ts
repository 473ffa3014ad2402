import type { Place, Role } from "./kinds/Kind.ts"
import type { SetName, Style } from "./sets.ts"

/** A thing in the picture: a kind with its pose, proportions and colours. */
export interface Thing {
  /** Its class: the place of its kind in the list of kinds. */
  readonly kind: number
  /** Where its middle lies, the frame being 100 x 100. */
  readonly x: number
  readonly y: number
  /** Its size: at 1 it would fill the frame. */
  readonly scale: number
  /** Degrees, clockwise. */
  readonly turn: number
  readonly mirrored: boolean
  /** Width by height, as seen from aside. */
  readonly squeeze: number
  /** What the kind varies, each in 0..1. */
  readonly proportions: ReadonlyArray<number>
  readonly colours: Readonly<Record<Role, string>>
  readonly texture: Texture
  /** From which side light falls on it: degrees, and how strongly, 0..1. */
  readonly shade: { readonly angle: number; readonly strength: number }
}

/** A pattern on the body of a thing, or on the ground. */
export interface Texture {
  readonly name: "plain" | "stripes" | "dots" | "checks" | "hatch"
  readonly angle: number
  /** Distance from one mark to the next, in units of the thing's box or of the frame. */
  readonly pitch: number
  readonly colour: string
  readonly opacity: number
}

/** A plain figure without a class: scenery behind things, or something that hides them. */
export interface Patch {
  readonly form: "ellipse" | "box" | "triangle"
  readonly x: number
  readonly y: number
  readonly rx: number
  readonly ry: number
  readonly turn: number
  readonly colour: string
  readonly opacity: number
}

/** All that is drawn in one image. A pure value: the labels are read off it, too. */
export interface Scene {
  /** `set/index`, as `validation/00012`. */
  readonly id: string
  readonly set: SetName
  readonly style: Style
  readonly place: Place
  /** Colours of the upper and the lower part, and where they meet (0..100). */
  readonly ground: {
    readonly upper: string
    readonly lower: string
    readonly horizon: number
    readonly texture: Texture
  }
  readonly scenery: ReadonlyArray<Patch>
  /** Things from back to front. */
  readonly things: ReadonlyArray<Thing>
  /** Which of the things the image is of: its single label. */
  readonly subject: number
  /** In front of all things. */
  readonly covers: ReadonlyArray<Patch>
  /** Light over the whole picture: its direction in degrees, contrast 0..1 and exposure -1..1. */
  readonly light: { readonly angle: number; readonly contrast: number; readonly exposure: number }
  /** JPEG quality, 1..100. */
  readonly quality: number
}
