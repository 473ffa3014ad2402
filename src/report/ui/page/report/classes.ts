/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { type ClassData, classHead, classRows } from "../../../html/classRows.ts"
import { body } from "../../../html/table.ts"
import { all } from "./save.ts"

/** The table of gains and losses by class, for the models and the set that the reader chooses. */
export const chooseClasses = (): void => {
  for (const form of all(HTMLFormElement, "form[data-classes]")) {
    const id = form.dataset["classes"] ?? ""
    const [section, store] = [document.getElementById(id), document.getElementById(`${id}-data`)]
    const table = section?.querySelector("table")
    const said = section?.querySelector("[data-said]")
    const [a, b, set] = all(HTMLSelectElement, "select", form)
    if (store === null || !(table instanceof HTMLTableElement)) continue
    if (a === undefined || b === undefined || set === undefined) continue
    // Written into the page by the program that made it.
    const data: ClassData = JSON.parse(store.textContent ?? "")
    const name = ({ selectedOptions }: HTMLSelectElement) => selectedOptions[0]?.textContent ?? ""
    form.hidden = false
    form.addEventListener("change", () => {
      const rows = classRows(data, set.selectedIndex, a.selectedIndex, b.selectedIndex)
      // Escaped by the template that made it.
      const [filled] = table.tBodies
      if (filled !== undefined) filled.innerHTML = body(classHead, rows).text
      table.dispatchEvent(new Event("filled"))
      if (said instanceof Element) said.textContent = `From ${name(a)} to ${name(b)} on ${name(set)}`
    })
    form.addEventListener("submit", (event) => event.preventDefault())
  }
}
