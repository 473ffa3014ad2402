/** Things that grow. */
import { accent, body, dark, type Kind, light, type Part, polar, second, stroke, times } from "./Kind.ts"
import { box, ellipse, line, path, polygon } from "./path.ts"

export const apple: Kind = {
  name: "apple",
  place: "room",
  hues: [0, 10, 80],
  texture: "plain",
  extent: [0, 8, 38, 38],
  parts: (vary) => {
    const w = vary(0, 34, 44)
    const dip = vary(1, -26, -16)
    return [
      body(
        path`M0 ${dip}C${-w * 0.5} -40 ${-w - 6} -24 ${-w} 8C${-w + 4} 40 -16 50 0 42C16 50 ${w - 4} 40 ${w} 8C${w + 6} -24 ${w * 0.5} -40 0 ${dip}Z`,
      ),
      stroke("dark", 4, path`M0 ${dip + 2}C0 -32 3 -40 ${vary(2, 2, 10)} -47`),
      second(path`M3 -34C10 -50 26 -48 32 -42C26 -30 12 -28 3 -34Z`),
      light(ellipse(-w * 0.5, -6, 5, 9)),
    ]
  },
}

export const bird: Kind = {
  name: "bird",
  place: "sky",
  hues: [210, 25, 0],
  texture: "plain",
  extent: [0, 2, 38, 22],
  parts: (vary) => {
    const ry = vary(0, 15, 21)
    return [
      second(polygon(-20, 2, -50, vary(1, -12, 4), -48, vary(1, 6, 18), -16, 10)),
      stroke("dark", 2.5, line(-2, 18, -4, 36, 4, 36)),
      stroke("dark", 2.5, line(8, 18, 8, 36, 16, 36)),
      body(ellipse(2, 6, 28, ry)),
      body(ellipse(28, -14, vary(2, 11, 15))),
      accent(polygon(40, -18, 50, -12, 40, -8)),
      dark(ellipse(31, -17, 2.6)),
      second(path`M12 0C-4 ${-vary(3, 8, 30)} -24 -6 -30 12C-16 22 8 18 12 0Z`),
    ]
  },
}

export const butterfly: Kind = {
  name: "butterfly",
  place: "meadow",
  hues: [30, 220, 50, 290],
  texture: "dots",
  extent: [0, 0, 42, 34],
  parts: (vary) => {
    const up = vary(0, 30, 42)
    const out = vary(1, 38, 50)
    const low = vary(2, 26, 40)
    const wings = (side: number): ReadonlyArray<Part> => [
      body(
        path`M0 -6C${side * 14} ${-up - 8} ${side * out} ${-up - 6} ${side * out} -16C${side * out} 2 ${side * 18} 6 0 2Z`,
      ),
      second(
        path`M0 2C${side * 20} 4 ${side * (out - 8)} 8 ${side * (out - 12)} ${low - 6}C${side * 24} ${low + 12} ${side * 6} ${low - 4} 0 8Z`,
      ),
      accent(ellipse(side * out * 0.62, -up * 0.5, 6)),
    ]
    return [
      ...wings(-1),
      ...wings(1),
      stroke("dark", 2, path`M-2 -20C-4 -34 -10 -38 -14 -40`),
      stroke("dark", 2, path`M2 -20C4 -34 10 -38 14 -40`),
      dark(ellipse(0, 2, 3.6, 24)),
    ]
  },
}

export const cat: Kind = {
  name: "cat",
  place: "room",
  hues: [30, 25, 220],
  texture: "stripes",
  extent: [0, 6, 38, 34],
  parts: (vary) => {
    const ear = vary(0, -48, -38)
    const ry = vary(1, 30, 36)
    const eye = vary(2, 13, 18)
    return [
      body(polygon(-40, ear, -36, 4, -6, -20)),
      body(polygon(40, ear, 36, 4, 6, -20)),
      body(ellipse(0, 8, 40, ry)),
      second(polygon(-34, ear + 14, -32, -8, -18, -16)),
      second(polygon(34, ear + 14, 32, -8, 18, -16)),
      light(ellipse(-eye, 0, 7, 6)),
      light(ellipse(eye, 0, 7, 6)),
      dark(ellipse(-eye, 0, vary(3, 2, 4), 6)),
      dark(ellipse(eye, 0, vary(3, 2, 4), 6)),
      accent(polygon(-5, 13, 5, 13, 0, 19)),
      stroke("dark", 2, path`M0 19C-2 28 -10 28 -12 24M0 19C2 28 10 28 12 24`),
      stroke("dark", 1.4, line(-16, 18, -46, 12)),
      stroke("dark", 1.4, line(-16, 22, -46, 26)),
      stroke("dark", 1.4, line(16, 18, 46, 12)),
      stroke("dark", 1.4, line(16, 22, 46, 26)),
    ]
  },
}

export const fir: Kind = {
  name: "fir",
  place: "meadow",
  hues: [130, 150],
  texture: "hatch",
  extent: [0, 0, 28, 42],
  parts: (vary) => {
    const w = vary(0, 26, 38)
    return [
      second(box(-5, 30, 10, 19)),
      body(polygon(0, vary(1, -14, -4), -w, 34, w, 34)),
      body(polygon(0, -30, -w * 0.8, vary(2, 10, 18), w * 0.8, vary(2, 10, 18))),
      body(polygon(0, -49, -w * 0.56, -8, w * 0.56, -8)),
    ]
  },
}

export const fish: Kind = {
  name: "fish",
  place: "water",
  hues: [30, 15, 190, 50],
  texture: "checks",
  extent: [0, 0, 42, 20],
  parts: (vary) => {
    const h = vary(0, 18, 30)
    const tail = vary(1, 14, 24)
    return [
      second(path`M-26 0L-49 ${-tail}C-42 -4 -42 4 -49 ${tail}Z`),
      second(path`M-8 ${-h * 0.6}C0 ${-h - 14} 16 ${-h - 8} 20 ${-h * 0.5}Z`),
      body(path`M-32 0C-18 ${-h - 4} 24 ${-h - 6} 48 0C24 ${h + 6} -18 ${h + 4} -32 0Z`),
      accent(path`M2 4C-6 ${vary(2, 12, 22)} -12 14 -14 10C-8 8 -6 2 2 4Z`),
      stroke("second", 2, path`M22 -13C16 -4 16 4 22 13`),
      light(ellipse(33, -5, 4.5)),
      dark(ellipse(34, -5, 2.4)),
    ]
  },
}

export const flower: Kind = {
  name: "flower",
  place: "meadow",
  hues: [330, 50, 280, 0],
  texture: "plain",
  extent: [0, -8, 32, 34],
  parts: (vary) => {
    const petals = Math.round(vary(0, 5, 8.4))
    const long = vary(1, 10, 14)
    const petal = (i: number): Part => {
      const [x, y] = polar((i * 360) / petals, 19)
      return body(ellipse(x, y - 16, long))
    }
    return [
      stroke("second", 4, path`M0 -10C${vary(2, -8, 8)} 14 0 30 0 49`),
      second(path`M1 34C10 ${vary(3, 14, 24)} 24 18 30 20C26 34 12 40 1 34Z`),
      second(path`M-1 42C-10 26 -22 28 -28 30C-24 42 -12 46 -1 42Z`),
      ...times(petals, petal),
      accent(ellipse(0, -16, vary(4, 8, 12))),
    ]
  },
}

export const mushroom: Kind = {
  name: "mushroom",
  place: "meadow",
  hues: [0, 25, 40],
  texture: "dots",
  extent: [0, 0, 36, 36],
  parts: (vary) => {
    const w = vary(0, 34, 46)
    const top = vary(1, -56, -38)
    const stem = vary(2, 8, 15)
    return [
      light(
        path`M${-stem} -4C${-stem + 2} 20 ${-stem - 4} 36 ${-stem - 4} 46L${stem + 4} 46C${stem + 4} 36 ${stem - 2} 20 ${stem} -4Z`,
      ),
      second(path`M${-stem - 4} 10L${stem + 4} 10L${stem + 6} 16L${-stem - 6} 16Z`),
      body(path`M${-w} 2C${-w} ${top} ${w} ${top} ${w} 2C${w * 0.5} 9 ${-w * 0.5} 9 ${-w} 2Z`),
      light(ellipse(-w * 0.45, -12, 6, 5)),
      light(ellipse(3, top * 0.45, 7, 5)),
      light(ellipse(w * 0.5, -10, 5, 4)),
    ]
  },
}

export const snail: Kind = {
  name: "snail",
  place: "meadow",
  hues: [30, 15, 60],
  texture: "stripes",
  extent: [0, 6, 42, 30],
  parts: (vary) => {
    const r = vary(0, 25, 32)
    const head = vary(1, -14, 0)
    return [
      second(
        path`M-48 42C-30 30 10 34 26 22C30 12 30 ${head} 38 ${head - 4}C48 ${head - 4} 48 ${head + 10} 46 18C42 36 30 42 18 42Z`,
      ),
      stroke("dark", 2.2, line(38, head, 36, head - 18)),
      stroke("dark", 2.2, line(43, head, 48, head - 16)),
      dark(ellipse(36, head - 19, 2.4)),
      dark(ellipse(48, head - 17, 2.4)),
      body(ellipse(-6, 6, r)),
      stroke(
        "accent",
        4,
        path`M${r - 10} 8C${r - 8} ${-r * 0.6} ${-r} ${-r * 0.7} ${-r + 2} 6C${-r + 2} 26 6 24 8 8C8 -4 -12 -6 -12 6C-12 12 -4 13 -2 8`,
      ),
    ]
  },
}

export const tree: Kind = {
  name: "tree",
  place: "meadow",
  hues: [110, 95, 40],
  texture: "dots",
  extent: [0, -4, 36, 38],
  parts: (vary) => {
    const spread = vary(0, 15, 23)
    return [
      second(path`M-5 49L-4 8L-14 -6L-10 -9L0 2L10 -9L14 -5L5 8L6 49Z`),
      body(ellipse(-spread, -8, vary(1, 16, 22))),
      body(ellipse(spread, -8, vary(2, 16, 22))),
      body(ellipse(-spread * 0.5, -27, vary(3, 16, 21))),
      body(ellipse(spread * 0.5, -26, vary(4, 16, 21))),
      accent(ellipse(-spread, -4, 3)),
      accent(ellipse(spread * 0.4, -24, 3)),
      accent(ellipse(spread, 0, 3)),
    ]
  },
}
