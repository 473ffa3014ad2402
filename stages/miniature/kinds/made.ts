/** Things that are made. */
import { accent, body, dark, type Kind, light, polar, second, stroke, times } from "./Kind.ts"
import { box, ellipse, line, path, polygon } from "./path.ts"

export const boat: Kind = {
  name: "boat",
  place: "water",
  hues: [0, 210, 30],
  texture: "plain",
  extent: [0, 4, 36, 38],
  parts: (vary) => {
    const mast = vary(0, -8, 6)
    return [
      stroke("dark", 3, line(mast, 24, mast, -48)),
      light(polygon(mast + 3, -46, mast + 3, 16, vary(1, 32, 46), 16)),
      second(polygon(mast - 3, -40, mast - 3, 16, -vary(2, 24, 38), 16)),
      body(path`M-46 24L46 24L${vary(3, 28, 40)} 44L-32 44Z`),
      stroke("accent", 3, line(-42, 30, 42, 30)),
    ]
  },
}

export const bottle: Kind = {
  name: "bottle",
  place: "room",
  hues: [130, 30, 190],
  texture: "plain",
  extent: [0, 4, 17, 44],
  parts: (vary) => {
    const w = vary(0, 14, 22)
    const n = vary(1, 5, 8)
    const shoulder = vary(2, -14, 0)
    return [
      body(
        path`M${-n} -40L${n} -40L${n} ${shoulder - 14}C${n} ${shoulder} ${w} ${shoulder} ${w} ${shoulder + 14}L${w} 48L${-w} 48L${-w} ${shoulder + 14}C${-w} ${shoulder} ${-n} ${shoulder} ${-n} ${shoulder - 14}Z`,
      ),
      accent(box(-n - 1.5, -48, 2 * n + 3, 10)),
      light(box(-w, 14, 2 * w, 20)),
      stroke("second", 3, line(-w + 5, 21, w - 5, 21)),
      stroke("second", 2, line(-w + 5, 28, w - 9, 28)),
    ]
  },
}

export const car: Kind = {
  name: "car",
  place: "meadow",
  hues: [0, 220, 50, 100],
  texture: "plain",
  extent: [0, 4, 46, 22],
  parts: (vary) => {
    const roof = vary(0, -28, -18)
    const front = vary(1, 18, 30)
    const wheel = vary(2, 9, 12)
    return [
      body(
        path`M-49 20L-48 2C-46 -4 -40 -4 -34 -4L${-22 + vary(3, -6, 6)} ${roof}L${front - 12} ${roof}L${front + 2} -4C44 -2 48 2 49 20Z`,
      ),
      light(polygon(-26, -4, -17, roof + 5, -2, roof + 5, -2, -4)),
      light(polygon(3, -4, 3, roof + 5, front - 14, roof + 5, front - 5, -4)),
      dark(ellipse(-26, 20, wheel)),
      dark(ellipse(27, 20, wheel)),
      second(ellipse(-26, 20, wheel * 0.5)),
      second(ellipse(27, 20, wheel * 0.5)),
      accent(ellipse(45, 6, 3)),
    ]
  },
}

export const castle: Kind = {
  name: "castle",
  place: "meadow",
  hues: [35, 25],
  texture: "checks",
  extent: [0, 4, 42, 36],
  parts: (vary) => {
    const tower = vary(0, -40, -22)
    const wide = vary(1, 18, 24)
    const teeth = (x: number, y: number, width: number) =>
      times(3, (i) => body(box(x + (i * width * 2) / 5, y - 7, width / 5, 8)))
    return [
      body(box(-30, -8, 60, 52)),
      ...times(5, (i) => body(box(-26 + i * 11, -15, 6, 8))),
      body(box(-48, tower, wide, 44 - tower)),
      body(box(48 - wide, tower, wide, 44 - tower)),
      ...teeth(-48, tower, wide),
      ...teeth(48 - wide, tower, wide),
      dark(path`M-9 44L-9 22C-9 8 9 8 9 22L9 44Z`),
      dark(box(-48 + wide / 2 - 2.5, tower + 12, 5, 11)),
      dark(box(48 - wide / 2 - 2.5, tower + 12, 5, 11)),
    ]
  },
}

export const clock: Kind = {
  name: "clock",
  place: "room",
  hues: [],
  texture: "plain",
  extent: [0, 0, 42, 42],
  parts: (vary) => {
    const hour = vary(0, 0, 360)
    const minute = vary(1, 0, 360)
    return [
      body(ellipse(0, 0, 44)),
      light(ellipse(0, 0, vary(2, 32, 38))),
      ...times(12, (i) => stroke("dark", 2.5, line(...polar(i * 30, 27), ...polar(i * 30, 31)))),
      stroke("second", 5, line(0, 0, ...polar(hour, 17))),
      stroke("dark", 3, line(0, 0, ...polar(minute, 26))),
      accent(ellipse(0, 0, 4)),
    ]
  },
}

export const cup: Kind = {
  name: "cup",
  place: "room",
  hues: [],
  texture: "stripes",
  extent: [0, 10, 36, 28],
  parts: (vary) => {
    const foot = vary(0, 16, 26)
    const deep = vary(1, 30, 42)
    return [
      stroke("second", 6, path`M26 -6C${vary(2, 44, 54)} -8 ${vary(2, 44, 54)} 24 20 20`),
      body(
        path`M-34 -14L30 -14C30 ${deep - 14} ${foot} ${deep} ${foot - 4} ${deep}L${-foot} ${deep}C${-foot - 4} ${deep} -34 ${deep - 14} -34 -14Z`,
      ),
      dark(ellipse(-2, -14, 32, 6)),
      stroke("light", 3, path`M-12 -24C-18 -32 -6 -36 -12 -46`),
      stroke("light", 3, path`M6 -24C0 -32 12 -36 6 -46`),
      second(ellipse(-3, deep + 3, vary(3, 28, 38), 4)),
    ]
  },
}

export const house: Kind = {
  name: "house",
  place: "meadow",
  hues: [20, 40, 0],
  texture: "checks",
  extent: [0, 6, 38, 36],
  parts: (vary) => {
    const wide = vary(0, 30, 38)
    const eaves = vary(1, -12, 0)
    return [
      second(box(14, -42, 9, 26)),
      body(box(-wide, eaves, 2 * wide, 46 - eaves)),
      accent(polygon(-wide - 9, eaves + 1, 0, vary(2, -48, -34), wide + 9, eaves + 1)),
      dark(box(vary(3, -8, 8) - 6, 20, 13, 26)),
      light(box(-wide + 6, eaves + 10, 12, 12)),
      light(box(wide - 18, eaves + 10, 12, 12)),
      stroke("dark", 1.5, line(-wide + 12, eaves + 10, -wide + 12, eaves + 22)),
      stroke("dark", 1.5, line(wide - 12, eaves + 10, wide - 12, eaves + 22)),
    ]
  },
}

export const key: Kind = {
  name: "key",
  place: "room",
  hues: [45, 210],
  texture: "plain",
  extent: [0, 0, 44, 14],
  parts: (vary) => {
    const ring = vary(0, 13, 18)
    const teeth = Math.round(vary(1, 2, 4.4))
    return [
      stroke("body", 8, ellipse(-28, 0, ring)),
      stroke("body", 7, line(ring - 28, 0, 47, 0)),
      ...times(teeth, (i) => stroke("body", 6, line(44 - i * 9, 0, 44 - i * 9, i % 2 === 0 ? vary(2, 14, 20) : 11))),
      second(box(ring - 24, -6, 5, 12)),
    ]
  },
}

export const rocket: Kind = {
  name: "rocket",
  place: "sky",
  hues: [],
  texture: "plain",
  extent: [0, 0, 20, 44],
  parts: (vary) => {
    const w = vary(0, 13, 20)
    const fin = vary(1, 10, 18)
    return [
      accent(path`M${-w * 0.6} 30C-8 40 -4 44 0 ${vary(2, 46, 54)}C4 44 8 40 ${w * 0.6} 30Z`),
      second(polygon(-w, 6, -w - fin, 34, -w + 4, 30)),
      second(polygon(w, 6, w + fin, 34, w - 4, 30)),
      body(path`M0 -50C${w} -32 ${w + 2} 0 ${w - 4} 32L${4 - w} 32C${-w - 2} 0 ${-w} -32 0 -50Z`),
      second(path`M0 -50C6 -44 9 -38 ${w * 0.74} -28L${-w * 0.74} -28C-9 -38 -6 -44 0 -50Z`),
      light(ellipse(0, -10, vary(3, 6, 9))),
      stroke("dark", 2.5, ellipse(0, -10, vary(3, 6, 9))),
    ]
  },
}

export const umbrella: Kind = {
  name: "umbrella",
  place: "sky",
  hues: [],
  texture: "stripes",
  extent: [0, -6, 42, 34],
  parts: (vary) => {
    const top = vary(0, -54, -40)
    const hook = vary(1, 10, 16)
    return [
      stroke("dark", 3.6, path`M0 -34L0 36C0 49 ${-hook} 49 ${-hook} 38`),
      body(path`M-48 2C-46 ${top} 46 ${top} 48 2C40 -6 24 -6 16 2C10 -6 -10 -6 -16 2C-24 -6 -40 -6 -48 2Z`),
      second(path`M-16 2C-14 -20 -8 ${top * 0.75} 0 ${top * 0.77}C8 ${top * 0.75} 14 -20 16 2C10 -6 -10 -6 -16 2Z`),
      stroke("dark", 3, path`M0 ${top * 0.77}L0 ${top * 0.77 - 7}`),
    ]
  },
}
