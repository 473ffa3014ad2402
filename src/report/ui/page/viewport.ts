/// <reference lib="dom" />

/** What is seen of a drawing: where its upper left corner is, and how large it is. */
export interface View {
  readonly x: number
  readonly y: number
  readonly scale: number
}

/** Moves a drawing about: by mouse, wheel, fingers and keys. */
export interface Viewport {
  readonly view: () => View
  readonly set: (view: View) => void
  /** Shows all of a drawing of this size. */
  readonly fit: (width: number, height: number) => void
  /** Makes it larger or smaller about a point of the window, or about the middle. */
  readonly zoom: (factor: number, x?: number, y?: number) => void
  /** Brings a part of it into sight. */
  readonly reveal: (part: Element) => void
}

const [least, most, margin] = [0.05, 4, 16]
/** The pointer has to go so many pixels until a click becomes a drag. */
const slack = 4

const bounded = (scale: number): number => Math.min(most, Math.max(least, scale))

/** Lets `drawing` be moved within `frame`. */
export const viewport = (frame: SVGSVGElement, drawing: SVGGElement): Viewport => {
  let view: View = { x: margin, y: margin, scale: 1 }
  let fitted: { readonly width: number; readonly height: number } | undefined
  const set = (next: View) => {
    view = next
    fitted = undefined
    drawing.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`)
  }
  const zoom: Viewport["zoom"] = (factor, x, y) => {
    const box = frame.getBoundingClientRect()
    const [px, py] = [x === undefined ? box.width / 2 : x - box.left, y === undefined ? box.height / 2 : y - box.top]
    const scale = bounded(view.scale * factor)
    const grown = scale / view.scale
    set({ scale, x: px - (px - view.x) * grown, y: py - (py - view.y) * grown })
  }
  const fit: Viewport["fit"] = (width, height) => {
    const box = frame.getBoundingClientRect()
    const scale = bounded(Math.min(1, (box.width - 2 * margin) / width, (box.height - 2 * margin) / height))
    set({ scale, x: Math.max(margin, (box.width - width * scale) / 2), y: margin })
    fitted = { width, height }
  }
  // For as long as nobody has moved it, all of it stays in sight.
  new ResizeObserver(() => fitted !== undefined && fit(fitted.width, fitted.height)).observe(frame)
  const reveal: Viewport["reveal"] = (part) => {
    const [seen, wanted] = [frame.getBoundingClientRect(), part.getBoundingClientRect()]
    // Where all of it does not fit, its beginning counts.
    const shift = (low: number, high: number, from: number, to: number) =>
      from < low || to - from > high - low ? low - from : to > high ? high - to : 0
    set({
      ...view,
      x: view.x + shift(seen.left + margin, seen.right - margin, wanted.left, wanted.right),
      y: view.y + shift(seen.top + margin, seen.bottom - margin, wanted.top, wanted.bottom),
    })
  }

  frame.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault()
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
      zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX, event.clientY)
    },
    { passive: false },
  )

  const down = new Map<number, { x: number; y: number }>()
  let dragged = false
  const spanned = () => {
    const [a, b] = [...down.values()]
    return a === undefined || b === undefined ? undefined : Math.hypot(a.x - b.x, a.y - b.y)
  }
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    down.set(event.pointerId, { x: event.clientX, y: event.clientY })
    if (down.size === 1) dragged = false
  })
  frame.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId)
    if (last === undefined) return
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y]
    if (!dragged && Math.hypot(dx, dy) < slack) return
    if (!dragged) frame.setPointerCapture(event.pointerId)
    dragged = true
    const before = spanned()
    down.set(event.pointerId, { x: event.clientX, y: event.clientY })
    const now = spanned()
    if (before === undefined || now === undefined) return set({ ...view, x: view.x + dx, y: view.y + dy })
    const [a, b] = [...down.values()]
    if (a !== undefined && b !== undefined && before > 0) zoom(now / before, (a.x + b.x) / 2, (a.y + b.y) / 2)
  })
  const up = (event: PointerEvent) => down.delete(event.pointerId)
  frame.addEventListener("pointerup", up)
  frame.addEventListener("pointercancel", up)
  // The click that ends a drag is not meant.
  frame.addEventListener(
    "click",
    (event) => {
      if (dragged) event.stopImmediatePropagation()
      dragged = false
    },
    { capture: true },
  )

  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === "+" || event.key === "=") return zoom(1.25)
    if (event.key === "-") return zoom(0.8)
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key]
    if (step === undefined || event.target !== frame) return
    event.preventDefault()
    set({ ...view, x: view.x + (step[0] ?? 0), y: view.y + (step[1] ?? 0) })
  })
  return { view: () => view, set, fit, zoom, reveal }
}
