/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { all, fileName, save, titleOf } from "./save.ts"

const namespace = "http://www.w3.org/2000/svg"
const gap = 16

const sizeOf = (svg: SVGSVGElement): readonly [number, number] => {
  const { height, width } = svg.viewBox.baseVal
  return [width, height]
}

const make = (tag: string, attributes: Readonly<Record<string, string | number>>, text = ""): SVGElement => {
  const element = document.createElementNS(namespace, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`)
  element.textContent = text
  return element
}

/** Entries of a legend, one after another in lines. Gives how high they are. */
const legend = (into: SVGElement, items: ReadonlyArray<HTMLLIElement>, width: number, top: number): number => {
  let [x, y] = [gap, top]
  for (const item of items) {
    const name = (item.textContent ?? "").trim()
    const wide = 20 + name.length * 7.8
    if (x > gap && x + wide > width) [x, y] = [gap, y + 20]
    const symbol = item.querySelector("svg")?.cloneNode(true)
    if (symbol instanceof SVGSVGElement) {
      symbol.setAttribute("x", `${x}`)
      symbol.setAttribute("y", `${y}`)
      into.append(symbol)
    }
    into.append(make("text", { x: x + 16, y: y + 10, "font-size": 12 }, name))
    x += wide + 8
  }
  return items.length === 0 ? 0 : y + 24 - top
}

/** The panels of a figure as one picture that stands by itself: light, on white, in whole colours. */
const compose = (figure: Element): string => {
  const shown = all(HTMLElement, ".panel", figure).filter((panel) => !panel.hidden)
  const panels = shown.flatMap((panel) => all(SVGSVGElement, "svg", panel).slice(0, 1))
  const sizes = panels.map(sizeOf)
  const widest = sizes.reduce((most, [width]) => Math.max(most, width), 0)
  const across = widest > 500 ? 1 : Math.min(3, panels.length)
  const width = across * (widest + gap) + gap
  const root = make("svg", {
    xmlns: namespace,
    "font-family": "system-ui, sans-serif",
    "font-size": 12,
    color: "#1b1f24",
    fill: "#1b1f24",
  })
  const ground = make("rect", { width: "100%", height: "100%", fill: "#ffffff" })
  root.append(ground, make("text", { x: gap, y: 26, "font-size": 15, "font-weight": 600 }, titleOf(figure)))
  let y = 42 + legend(root, all(HTMLLIElement, ".legend li", figure), width - gap, 42)
  for (let start = 0; start < panels.length; start += across) {
    let tallest = 0
    panels.slice(start, start + across).forEach((panel, place) => {
      const [wide, high] = sizes[start + place] ?? [0, 0]
      const copy = panel.cloneNode(true)
      if (!(copy instanceof SVGSVGElement)) return
      const position = { x: gap + place * (widest + gap), y, width: wide, height: high }
      for (const [name, value] of Object.entries(position)) copy.setAttribute(name, `${value}`)
      copy.removeAttribute("style")
      root.append(copy)
      tallest = Math.max(tallest, high)
    })
    y += tallest + gap
  }
  for (const [name, value] of Object.entries({ width, height: y, viewBox: `0 0 ${width} ${y}` }))
    root.setAttribute(name, `${value}`)
  // Programs that draw know no variables of a page: what is written behind them is the light theme's colour.
  return new XMLSerializer().serializeToString(root).replaceAll(/var\(--[\w-]+,\s*([^()]+)\)/g, "$1")
}

/** Buttons that save a figure as SVG, the panel alone that is chosen where there is a choice. */
export const savesFigures = (): void => {
  for (const button of all(HTMLButtonElement, "button[data-svg]")) {
    button.hidden = false
    button.addEventListener("click", () => {
      const figure = document.getElementById(button.dataset["svg"] ?? "")
      if (figure !== null) save(fileName(titleOf(figure), "svg"), "image/svg+xml", compose(figure))
    })
  }
}
