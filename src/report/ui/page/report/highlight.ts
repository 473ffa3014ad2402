/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { all } from "./save.ts"

/** Pointing at a model in a figure, or in its legend, brings it out everywhere in that figure. */
export const highlight = (): void => {
  for (const figure of all(HTMLElement, "figure")) {
    const marks = all(SVGElement, ".chart [data-model]", figure)
    if (marks.length === 0) continue
    const bring = (model: string | undefined) => {
      figure.classList.toggle("dimmed", model !== undefined)
      for (const mark of marks) mark.classList.toggle("lit", mark.dataset["model"] === model)
    }
    const modelAt = (target: EventTarget | null): string | undefined => {
      const found = target instanceof Element ? target.closest("[data-model]") : null
      return found instanceof HTMLElement || found instanceof SVGElement ? found.dataset["model"] : undefined
    }
    figure.addEventListener("pointerover", ({ target }) => bring(modelAt(target)))
    figure.addEventListener("pointerleave", () => bring(undefined))
  }
}
