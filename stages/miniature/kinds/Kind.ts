/**
 * What can be seen in the miniature world: kinds of things, each drawn from a
 * few parts in a box from -50 to 50 (y points down) and varied in its
 * proportions. Hues, texture and place are those that a kind has more often
 * than not, as in photographs: they hold in some sets and not in others.
 */

/** Which of a thing's colours a part takes. */
export type Role = "body" | "second" | "accent" | "dark" | "light"

/** A filled part, or a line of some width where `width` is given. */
export interface Part {
  readonly role: Role
  readonly d: string
  readonly width?: number
}

/** Where a thing is usually seen. */
export type Place = "meadow" | "sky" | "water" | "room"

/** A proportion between two bounds, the `i`-th of a thing's own. */
export type Vary = (i: number, low: number, high: number) => number

/** A kind of thing: one class of the benchmark. */
export interface Kind {
  readonly name: string
  readonly place: Place
  /** Usual hues of the body in degrees; none where any will do. */
  readonly hues: ReadonlyArray<number>
  readonly texture: "plain" | "stripes" | "dots" | "checks" | "hatch"
  /** Centre and half axes of an ellipse that covers most of it. */
  readonly extent: readonly [x: number, y: number, rx: number, ry: number]
  readonly parts: (vary: Vary) => ReadonlyArray<Part>
}

/** A filled part that takes the thing's main colour. */
export const body = (d: string): Part => ({ role: "body", d })
/** A filled part in the second colour. */
export const second = (d: string): Part => ({ role: "second", d })
/** A filled part in the third colour. */
export const accent = (d: string): Part => ({ role: "accent", d })
/** A filled part, nearly black. */
export const dark = (d: string): Part => ({ role: "dark", d })
/** A filled part, nearly white. */
export const light = (d: string): Part => ({ role: "light", d })

/** A line of some width. */
export const stroke = (role: Role, width: number, d: string): Part => ({ role, d, width })
/** The same part several times. */
export const times = (n: number, part: (i: number) => Part): ReadonlyArray<Part> =>
  Array.from({ length: n }, (_, i) => part(i))
/** The point at an angle and a distance from the middle. */
export const polar = (degrees: number, radius: number): readonly [number, number] => [
  radius * Math.cos((degrees * Math.PI) / 180),
  radius * Math.sin((degrees * Math.PI) / 180),
]
