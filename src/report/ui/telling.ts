import type { Event } from "../../run/Event.ts"
import { bytes, count, counted, duration } from "../format.ts"
import type { Figures, PictureNode } from "../picture/Picture.ts"
import { lineOf as words, type StageProgress } from "../progress.ts"
import type { LogLine, StageState } from "./Message.ts"

const add = (a: number | undefined, b: number): number => (a ?? 0) + b

/**
 * A node after an event about it. `before` has the figures that it began with:
 * what was taken from the store of it counts, too.
 */
export const nodeAfter = (node: PictureNode, event: Event, before: Figures): PictureNode => {
  switch (event.event) {
    case "started": {
      const { cached, executed } = event.shards
      return { ...node, mark: "running", reason: event.reason, shards: { total: executed + cached, fresh: cached } }
    }
    case "progress": {
      const { done, note, total, unit } = event
      const part = total > 0 ? `${count(done)} of ${count(total)} ${unit}` : `${count(done)} ${unit}`
      return { ...node, mark: "running", reason: note === undefined ? part : `${part}, ${note}` }
    }
    case "finished": {
      const { cached, executed } = event.shards
      const shards = { total: executed + cached, fresh: executed + cached }
      // What is not written has no size, only time.
      if (event.bytes === 0)
        return { ...node, mark: "streamed", reason: "", figures: { ...before, seconds: event.seconds } }
      const kept = cached > 0 ? before : {}
      return {
        ...node,
        mark: "fresh",
        reason: "",
        shards,
        figures: {
          seconds: add(kept.seconds, event.seconds),
          rows: add(kept.rows, event.rows),
          bytes: add(kept.bytes, event.bytes),
        },
      }
    }
    case "cached":
      return { ...node, mark: "fresh", reason: "", shards: { total: event.shards, fresh: event.shards } }
    case "failed":
      return { ...node, mark: "failed", reason: event.message }
    case "blocked":
      return { ...node, mark: "blocked", reason: `${event.by} failed` }
    default:
      return node
  }
}

/** What the log says of an event; nothing of what happens too often or is of no interest. */
export const lineOf = (event: Event): Omit<LogLine, "at"> | undefined => {
  switch (event.event) {
    case "planned": {
      const { fresh, nodes, stale, waiting } = event
      const text = `${counted(nodes, "node")}: ${count(fresh)} fresh, ${count(stale)} stale, ${count(waiting)} waiting`
      return { kind: "plain", text }
    }
    case "started":
      return { kind: "plain", text: `${event.node} started: ${event.reason}` }
    case "finished": {
      const { changed, node, rows, seconds, skippedRows } = event
      const parts = [
        event.bytes === 0 ? "" : counted(rows, "row"),
        event.bytes === 0 ? "" : bytes(event.bytes),
        skippedRows === 0 ? "" : `${count(skippedRows)} skipped`,
        changed ? "" : "as before",
      ].filter((part) => part !== "")
      return {
        kind: "good",
        text: `${node} finished in ${duration(seconds)}${parts.map((part) => `, ${part}`).join("")}`,
      }
    }
    case "failed":
      return { kind: "bad", text: `${event.node} failed: ${event.message}` }
    case "blocked":
      return { kind: "bad", text: `${event.node} is not run: ${event.by} failed` }
    case "warned":
      return { kind: "attention", text: event.file === undefined ? event.message : `${event.message} (${event.file})` }
    case "summary": {
      const { blocked, cached, executed, failed, seconds } = event
      const bad = failed + blocked === 0 ? "" : `, ${count(failed)} failed, ${count(blocked)} blocked`
      const text = `over in ${duration(seconds)}: ${counted(executed, "node")} executed, ${count(cached)} cached${bad}`
      return { kind: failed > 0 ? "bad" : "good", text }
    }
    case "progress":
    case "cached":
      return undefined
  }
}

/** How far a stage has come, from 0 to 1: by shards where it has them. */
const partOf = ({ nodes, planned, running, shards }: StageProgress): number => {
  const all = [...running.values()]
  const total = Math.max(planned.shards, shards.total + all.reduce((sum, one) => sum + one.total, 0))
  const done = shards.cached + shards.executed + all.reduce((sum, one) => sum + one.cached + one.part, 0)
  if (planned.nodes > 0 && nodes.done >= planned.nodes) return 1
  return total === 0 ? 0 : Math.min(1, done / total)
}

/** A stage as a page shows it. */
export const stageOf = (self: StageProgress, now: number): StageState => {
  const { phase, words: said } = words(self, now)
  return { stage: self.stage, phase, part: partOf(self), words: said.filter((word) => word !== "") }
}
