/// <reference lib="dom" />
import { boxInside, cellInside, drawing, panelInside } from "../../picture/draw.ts"
import type { Layouts } from "../../picture/layout.ts"
import { boxOf, type Picture, type PictureNode } from "../../picture/Picture.ts"
import { foldable } from "../../picture/size.ts"
import { arrange } from "../../picture/spread.ts"
import * as words from "../../picture/words.ts"
import { details, type Subject } from "./details.ts"
import { element, part, sign } from "./dom.ts"
import { lineage } from "./lineage.ts"
import { viewport } from "./viewport.ts"

/** What a page with a graph starts from. */
export interface Start {
  readonly picture: Picture
  readonly layouts: Layouts
  /** Boxes that are unfolded at first. */
  readonly open: ReadonlyArray<number>
}

/** A graph on a page. */
export interface Graph {
  /** Draws some nodes as they are now, in place: what is unfolded, focused and in view stays so. */
  readonly update: (nodes: ReadonlyMap<number, PictureNode>) => void
}

const subjectOf = (target: EventTarget | null): (Subject & { readonly at: Element }) | undefined => {
  const at = target instanceof Element ? target.closest("[id^='rs-n'],[id^='rs-b']") : null
  if (at === null) return undefined
  const index = Number(at.id.slice(4))
  return at.id.startsWith("rs-n") ? { node: index, at } : { box: index, at }
}

/** Fills the legend: how many nodes are in which state. */
const legend = (nodes: ReadonlyArray<PictureNode>) =>
  part("rs-legend").replaceChildren(
    ...words.tally(nodes).map(([mark, found]) => element("li", {}, sign(mark), ` ${found} ${mark}`)),
  )

/** Brings the graph of a page to life: folding, looking, moving about, finding. */
export const mount = ({ layouts, open: unfoldedFirst, picture: first }: Start): Graph => {
  const svg = document.querySelector<SVGSVGElement>("#rs-graph")
  const view = document.querySelector<SVGGElement>("#rs-view")
  if (svg === null || view === null) throw new Error("the page has no graph")
  const panel = part("rs-details")
  const nothing = [...panel.children]
  const homes = boxOf(first)
  const open = new Set(unfoldedFirst)
  const moving = viewport(svg, view)
  let picture = first
  let layout = arrange(picture, layouts, open)
  let shown: Subject | undefined
  let picked: Subject | undefined
  let sought = ""

  const byId = (subject: Subject) =>
    document.querySelector<SVGGElement>("node" in subject ? `#rs-n${subject.node}` : `#rs-b${subject.box}`)
  const nodesOf = (subject: Subject) => ("node" in subject ? [subject.node] : (picture.boxes[subject.box]?.nodes ?? []))

  const show = (subject: Subject | undefined) => {
    shown = subject
    panel.replaceChildren(...(subject === undefined ? nothing : details(picture, subject)))
  }

  /** Marks what the picked one stands on and what stands on it, and what is sought. */
  const trace = () => {
    const near = picked === undefined ? new Set<number>() : lineage(picture, nodesOf(picked))
    const lines = new Set<string>()
    for (const at of near) {
      for (const input of picture.nodes[at]?.inputs ?? [])
        if (near.has(input)) lines.add(`${homes[input]} ${homes[at]}`)
    }
    svg.classList.toggle("rs-picked", picked !== undefined)
    svg.classList.toggle("rs-seeking", sought !== "")
    const hit = (at: number) => sought !== "" && (picture.nodes[at]?.name.toLowerCase().includes(sought) ?? false)
    for (const line of view.querySelectorAll<SVGPathElement>(".rs-line")) {
      line.classList.toggle("rs-on", lines.has(`${line.dataset["from"]} ${line.dataset["to"]}`))
    }
    for (const one of view.querySelectorAll(".rs-node,.rs-box,.rs-panel")) {
      const subject = subjectOf(one)
      const own = subject === undefined ? [] : nodesOf(subject)
      one.classList.toggle(
        "rs-on",
        own.some((at) => near.has(at)),
      )
      one.classList.toggle("rs-hit", own.some(hit))
    }
  }

  const redraw = () => {
    layout = arrange(picture, layouts, open)
    view.innerHTML = drawing(picture, layout, open, true)
    trace()
  }

  const focus = (subject: Subject) => {
    const at = byId(subject)
    at?.focus({ preventScroll: true })
    if (at !== null) moving.reveal(at)
  }

  const setOpen = (boxes: ReadonlyArray<number>, wanted: boolean) => {
    for (const box of boxes) {
      if (wanted) open.add(box)
      else open.delete(box)
    }
    redraw()
  }

  /** Folds or unfolds a box; its corner stays where it is on the screen. */
  const toggle = (box: number) => {
    const described = picture.boxes[box]
    if (described === undefined || !foldable(described)) return
    const before = layout.places[box]
    setOpen([box], !open.has(box))
    const after = layout.places[box]
    if (before === undefined || after === undefined) return
    const { scale, x, y } = moving.view()
    const [dx, dy] = [before.x + before.width - after.x - after.width, before.y - after.y]
    moving.set({ scale, x: x + dx * scale, y: y + dy * scale })
    const group = byId({ box })
    group?.focus({ preventScroll: true })
    const all = open.has(box) ? group?.parentElement : group
    if (all instanceof Element) moving.reveal(all)
  }

  /** Unfolds what hides a node, and goes there. */
  const visit = (node: number) => {
    const box = homes[node] ?? -1
    const described = picture.boxes[box]
    if (described === undefined) return
    if (!foldable(described)) return focus({ box })
    if (!open.has(box)) setOpen([box], true)
    focus({ node })
  }

  /** The cell beside another in its box, in the direction of a key. */
  const beside = (node: number, key: string): number | undefined => {
    const cells = picture.boxes[homes[node] ?? -1]?.grid.cells ?? []
    const here = cells.find((cell) => cell.node === node)
    if (here === undefined) return undefined
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [
      0, 0,
    ]
    if (across === 0 && down === 0) return undefined
    const ahead = cells
      .map((cell) => ({ cell, x: cell.column - here.column, y: cell.row - here.row }))
      .filter(({ x, y }) => (across === 0 ? x === 0 && y * (down ?? 0) > 0 : y === 0 && x * (across ?? 0) > 0))
    return ahead.toSorted((a, b) => Math.abs(a.x) + Math.abs(a.y) - Math.abs(b.x) - Math.abs(b.y))[0]?.cell.node
  }

  svg.addEventListener("click", (event) => {
    const subject = subjectOf(event.target)
    if (subject === undefined) {
      picked = undefined
      show(undefined)
      return trace()
    }
    if ("box" in subject) toggle(subject.box)
    byId(subject)?.focus({ preventScroll: true })
  })
  svg.addEventListener("pointerover", (event) => {
    const subject = subjectOf(event.target) ?? picked
    if (subject !== undefined && event.pointerType === "mouse" && event.buttons === 0) show(subject)
  })
  svg.addEventListener("pointerleave", () => show(picked))
  svg.addEventListener("focusin", (event) => {
    const subject = subjectOf(event.target)
    if (subject === undefined) return
    picked = subject
    show(subject)
    trace()
    if (subject.at.matches(":focus-visible")) moving.reveal(subject.at)
  })
  // A browser scrolls to what has the focus; here the drawing moves instead.
  svg.parentElement?.addEventListener("scroll", (event) => {
    if (event.currentTarget instanceof Element) event.currentTarget.scrollTo(0, 0)
  })
  svg.addEventListener("keydown", (event) => {
    const subject = subjectOf(event.target)
    if (event.key === "Escape" && subject !== undefined) {
      event.preventDefault()
      if ("node" in subject) return focus({ box: homes[subject.node] ?? -1 })
      if (open.has(subject.box)) return toggle(subject.box)
      picked = undefined
      svg.focus({ preventScroll: true })
      show(undefined)
      return trace()
    }
    if (subject === undefined) return
    if ("box" in subject && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault()
      return toggle(subject.box)
    }
    const next = "node" in subject ? beside(subject.node, event.key) : undefined
    if (next === undefined) return
    event.preventDefault()
    subject.at.setAttribute("tabindex", "-1")
    byId({ node: next })?.setAttribute("tabindex", "0")
    focus({ node: next })
  })
  panel.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-node]") : null
    if (button !== null) visit(Number(button.dataset["node"]))
  })

  const all = picture.boxes.flatMap((box, at) => (foldable(box) ? [at] : []))
  const fit = () => moving.fit(layout.width, layout.height)
  const actions: Readonly<Record<string, () => void>> = {
    unfold: () => (setOpen(all, true), fit()),
    fold: () => (setOpen(all, false), fit()),
    larger: () => moving.zoom(1.25),
    smaller: () => moving.zoom(0.8),
    fit,
  }
  for (const [name, act] of Object.entries(actions)) part(`rs-${name}`).addEventListener("click", act)

  const seeking = document.querySelector<HTMLInputElement>("#rs-seek")
  let found = -1
  seeking?.addEventListener("input", () => {
    sought = seeking.value.trim().toLowerCase()
    found = -1
    const hits = sought === "" ? 0 : picture.nodes.filter(({ name }) => name.toLowerCase().includes(sought)).length
    part("rs-found").textContent = sought === "" ? "" : `${hits} found`
    trace()
  })
  seeking?.form?.addEventListener("submit", (event) => {
    event.preventDefault()
    const hits = picture.nodes.flatMap(({ name }, at) =>
      sought !== "" && name.toLowerCase().includes(sought) ? [at] : [],
    )
    const next = hits.find((at) => at > found) ?? hits[0]
    if (next === undefined) return
    found = next
    visit(next)
  })

  legend(picture.nodes)
  redraw()
  fit()
  addEventListener("beforeprint", fit)

  return {
    update: (changed) => {
      if (changed.size === 0) return
      picture = { ...picture, nodes: picture.nodes.map((node, at) => changed.get(at) ?? node) }
      for (const index of new Set([...changed.keys()].map((at) => homes[at] ?? -1))) {
        const [box, place, group] = [picture.boxes[index], layout.places[index], byId({ box: index })]
        if (box === undefined || place === undefined || group === null) continue
        const unfolded = open.has(index) && foldable(box)
        group.innerHTML = unfolded
          ? panelInside(box, words.members(picture, box), place, true)
          : boxInside(picture, box, place, true)
        group.setAttribute("aria-label", words.ofBox(picture, box).join("; "))
        for (const cell of unfolded ? box.grid.cells : []) {
          const [node, at] = [changed.get(cell.node), byId({ node: cell.node })]
          if (node === undefined || at === null) continue
          at.innerHTML = cellInside(box, cell, node)
          at.setAttribute("aria-label", words.ofNode(node).join("; "))
        }
      }
      legend(picture.nodes)
      if (shown !== undefined && nodesOf(shown).some((at) => changed.has(at))) show(shown)
    },
  }
}
