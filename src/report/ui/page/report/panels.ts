/// <reference lib="dom" />
import { all } from "./save.ts"

/** Where there is a choice of panels, shows the chosen one alone. */
export const choosePanels = (): void => {
  for (const select of all(HTMLSelectElement, "select[data-panels]")) {
    const figure = document.getElementById(select.dataset["panels"] ?? "")
    if (figure === null) continue
    const panels = all(HTMLElement, ".panel", figure)
    const show = () => panels.forEach((panel, at) => (panel.hidden = `${at}` !== select.value))
    select.addEventListener("change", show)
    figure.classList.add("choosing")
    show()
  }
}
