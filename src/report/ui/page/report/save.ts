/// <reference lib="dom" />

/** Gives the reader a file. */
export const save = (name: string, type: string, content: string): void => {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement("a")
  link.href = url
  link.download = name
  link.click()
  // The browser has taken hold of the content by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** A name for a file, from what it holds. */
export const fileName = (text: string, ending: string): string => {
  const words = text
    .normalize("NFKD")
    .replaceAll(/[^\w]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 60)
    .toLowerCase()
  return `${words === "" ? "report" : words}.${ending}`
}

/** The heading of a table or figure. */
export const titleOf = (element: Element | null): string => element?.querySelector("h3")?.textContent ?? document.title

/** All elements of a kind that match, in order. */
export const all = <E extends Element>(
  kind: new () => E,
  selector: string,
  from: ParentNode = document,
): ReadonlyArray<E> => [...from.querySelectorAll(selector)].filter((element): element is E => element instanceof kind)
