/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { all } from "./save.ts"

/** Pointing at a model in a figure brings it out everywhere in that figure. */
export const highlight = (): void => {
  for (const figure of all(HTMLElement, "figure")) {
    const marks = all(SVGElement, ".chart [aria-label]", figure)
    if (marks.length === 0) continue
    const bring = (name: string | undefined) => {
      figure.classList.toggle("dimmed", name !== undefined)
      for (const mark of marks) mark.classList.toggle("lit", mark.getAttribute("aria-label") === name)
    }
    const known = new Set(marks.map((mark) => mark.getAttribute("aria-label") ?? ""))
    const nameAt = (target: EventTarget | null): string | undefined => {
      if (!(target instanceof Element)) return undefined
      const name =
        target.closest(".chart [aria-label]")?.getAttribute("aria-label") ??
        target.closest(".legend li")?.textContent?.trim()
      return name !== undefined && known.has(name) ? name : undefined
    }
    figure.addEventListener("pointerover", ({ target }) => bring(nameAt(target)))
    figure.addEventListener("pointerleave", () => bring(undefined))
  }
}
