/** Events of a run, with what a test does not care about filled in. */
import type { Event } from "../../../src/run/Event.ts"

const about = (node: string) => ({ node, stage: node.replace(/\(.*/, "") })

export const planned: Event = { event: "planned", nodes: 7, fresh: 2, stale: 2, waiting: 3 }

export const started = (node: string, cached = 0): Event => ({
  event: "started",
  ...about(node),
  reason: "param crop 48 -> 56",
  shards: { executed: 4 - cached, cached },
})

export const progress = (node: string, done: number): Event => ({
  event: "progress",
  ...about(node),
  done,
  total: 4_096,
  unit: "rows",
})

export const finished = (node: string, more: { readonly cached?: number; readonly bytes?: number } = {}): Event => ({
  event: "finished",
  ...about(node),
  rows: 4_096,
  bytes: more.bytes ?? 33_000,
  skippedRows: 0,
  seconds: 1.25,
  shards: { executed: 4 - (more.cached ?? 0), cached: more.cached ?? 0 },
  changed: true,
})

export const failed = (node: string): Event => ({
  event: "failed",
  ...about(node),
  message: "the model gives NaN",
  file: "/models/pca.onnx",
  hint: "export it again",
})

export const blocked = (node: string, by: string): Event => ({ event: "blocked", ...about(node), by })

export const cached = (node: string): Event => ({ event: "cached", ...about(node), shards: 4 })

export const summary = (bad = 0): Event => ({
  event: "summary",
  nodes: 7,
  executed: 3,
  cached: 2,
  failed: bad,
  blocked: bad,
  shards: { executed: 9, cached: 4 },
  seconds: 62,
})
