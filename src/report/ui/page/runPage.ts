/// <reference lib="dom" />
import { bytes, clock } from "../../format.ts"
import type { PictureNode } from "../../picture/Picture.ts"
import type { LogLine, Memory, Message, StageState, Trouble } from "../Message.ts"
import { element, part } from "./dom.ts"
import { mount, type Start } from "./mount.ts"

/** Lines of the log that a page keeps. */
const kept = 2_000
/** A server that does not answer so often is gone. */
const patience = 4

// Written into the page by the program that made it.
const start: Start = JSON.parse(part("rs-data").textContent ?? "")
const graph = mount(start)
let nodes: ReadonlyArray<PictureNode> = start.picture.nodes
const stages = new Map<string, StageState>()
let last: { readonly at: number; readonly elapsed: number } | undefined
let over = false
/** Of this run: the plan may know of older ones. */
let failed = false

const status = (kind: "running" | "over" | "failed" | "lost", text: string) => {
  const place = part("rs-status")
  if (place.textContent === text) return
  place.textContent = text
  place.dataset["kind"] = kind
}

const showNodes = (changes: Message["nodes"]) => {
  const changed = new Map<number, PictureNode>()
  for (const [at, change] of changes) {
    const node = nodes[at]
    if (node !== undefined) changed.set(at, { ...node, ...change })
  }
  if (changed.size === 0) return
  nodes = nodes.map((node, at) => changed.get(at) ?? node)
  graph.update(changed)
}

const words = { ahead: "to come", running: "at work", done: "done", failed: "failed" } as const

const row = ({ part: done, phase, stage, words: said }: StageState): HTMLElement =>
  element(
    "tr",
    { "data-stage": stage, class: `rs-${phase}` },
    element("th", { scope: "row" }, stage),
    element(
      "td",
      {},
      element("progress", { max: "1", value: done.toFixed(3), "aria-label": `${stage}: ${words[phase]}` }),
    ),
    element("td", {}, said.join("  ")),
  )

const showStages = (changed: ReadonlyArray<StageState>, order: ReadonlyArray<string>) => {
  const body = part("rs-stages")
  const rows = new Map([...body.children].map((one) => [one.getAttribute("data-stage") ?? "", one]))
  for (const stage of changed) {
    const made = row(stage)
    rows.get(stage.stage)?.replaceWith(made)
    rows.set(stage.stage, made)
    stages.set(stage.stage, stage)
  }
  const wanted = order.flatMap((stage) => rows.get(stage) ?? [])
  if (wanted.some((one, at) => body.children[at] !== one)) body.replaceChildren(...wanted)
}

const showLog = (lines: ReadonlyArray<LogLine>) => {
  const log = part("rs-log")
  // Who reads further up is not carried away.
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8
  log.append(
    ...lines.map(({ at, kind, text }) =>
      element("div", { class: `rs-${kind}` }, element("time", {}, clock(at)), ` ${text}`),
    ),
  )
  while (log.childElementCount > kept) log.firstElementChild?.remove()
  if (atEnd) log.scrollTop = log.scrollHeight
}

const showTroubles = (troubles: ReadonlyArray<Trouble>) => {
  if (troubles.length === 0) return
  failed = true
  part("rs-errors").hidden = false
  part("rs-troubles").append(
    ...troubles.map(({ file, hint, message, node }) =>
      element(
        "li",
        {},
        element("strong", {}, node),
        ...[file, message, hint === undefined ? undefined : `hint: ${hint}`].flatMap((line) =>
          line === undefined ? [] : [element("p", {}, line)],
        ),
      ),
    ),
  )
}

const showMemory = ({ course, most, now }: Memory) => {
  const [wide, high] = [120, 22]
  const top = Math.max(1, most) * 1.1
  const step = wide / Math.max(1, course.length - 1)
  const points = course.map((value, at) => `${(at * step).toFixed(1)},${(high - (value / top) * high).toFixed(1)}`)
  part("rs-course").setAttribute("points", points.join(" "))
  part("rs-memory").textContent = `memory ${bytes(now)}, at most ${bytes(most)}`
}

const take = (message: Message) => {
  last = { at: performance.now(), elapsed: message.elapsed }
  showNodes(message.nodes)
  showStages(message.stages, message.order)
  showLog(message.log)
  showTroubles(message.troubles)
  if (message.memory !== undefined) showMemory(message.memory)
  if (message.over === undefined) return status("running", failed ? "running, with failures" : "running")
  over = true
  status(failed ? "failed" : "over", message.over)
  part("rs-clock").textContent = ""
}

const tick = () => {
  if (last === undefined || over) return
  part("rs-clock").textContent = clock(Math.floor(last.elapsed + (performance.now() - last.at) / 1000))
}

const source = new EventSource("events")
let silent = 0
source.addEventListener("message", (event: MessageEvent<string>) => {
  silent = 0
  take(JSON.parse(event.data))
  if (over) source.close()
})
source.addEventListener("error", () => {
  if (over) return
  silent++
  last = undefined
  status("lost", "no connection: the run has ended, or was stopped")
  if (silent >= patience) source.close()
})
setInterval(tick, 500)
