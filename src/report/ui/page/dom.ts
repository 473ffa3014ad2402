/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** What goes into an element: text, other elements, nothing. */
export type Content = string | Element | undefined

/** Makes an element with these attributes; text is never read as HTML. */
export const element = (
  tag: string,
  attributes: Readonly<Record<string, string>> = {},
  ...content: ReadonlyArray<Content>
): HTMLElement => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...content.filter((one) => one !== undefined))
  return made
}

/** A mark's sign in a line of text. Markup of our own, no text from outside. */
export const sign = (mark: string): HTMLElement => {
  const holder = element("span", { class: "rs-icon", "aria-hidden": "true" })
  holder.innerHTML = `<svg class="rs" width="12" height="12"><use href="#rs-${mark}" class="rs-sign m-${mark}" width="12" height="12"/></svg>`
  return holder
}

/** A part of the page that must be there. */
export const part = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}
