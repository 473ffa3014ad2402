import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { decode, readSmall, refsOf } from "./Actions.ts"
import * as Inventory from "./Inventory.ts"
import type { Layout } from "./Layout.ts"
import * as Live from "./Live.ts"
import * as Runs from "./Runs.ts"
import type { StoreError } from "./StoreError.ts"
import * as Version from "./Version.ts"

/** What has to stay. */
export interface Wanted {
  /** Keys whose results are wanted. */
  readonly keys: ReadonlySet<string>
  /** Stages whose results are given up first where a size is asked for, wanted or not: no key depends on them. */
  readonly spare: ReadonlySet<string>
}

/** How far to go. Without `olderThan` and `maxBytes` all that is not wanted is collected. */
export interface Limits {
  /** Milliseconds: only what was computed longer ago is collected. */
  readonly olderThan?: number
  /** The size that the store may have: the oldest is collected until it has. */
  readonly maxBytes?: number
  /** Records of so many runs of each pipeline stay, whatever their age. */
  readonly runs: number
  /** The time, in milliseconds since 1970. */
  readonly now: number
  /** Milliseconds: what has come to be here since is not collected, nor what came so long before a live process began or later. */
  readonly grace: number
}

/** What a file to be collected is. */
export type Kind = "action" | "artifact" | "run" | "memo" | "aside" | "tmp"

/** A file to be collected. */
export interface Doomed {
  readonly kind: Kind
  /** The stage that computed it, where an action says so. */
  readonly stage: string | undefined
  readonly stored: Inventory.Stored
}

/** What is to be collected. */
export interface Marked {
  readonly doomed: ReadonlyArray<Doomed>
  /** Bytes of the store before anything is collected. */
  readonly bytes: number
  /** Results that nobody wants, but that are too young to be collected. */
  readonly young: number
  /** When each action was last changed as it was looked at, by key. */
  readonly seen: ReadonlyMap<string, number>
}

const day = 86_400_000
/** When what decides no result is collected, in milliseconds. Losing a memo costs reading a data set again. */
const ages = { aside: 30 * day, tmp: 30 * day, run: 30 * day, memo: 180 * day }

/** An action and the artifacts it holds; one that cannot be read holds none. */
export interface Held {
  readonly stored: Inventory.Stored
  readonly stage: string | undefined
  readonly refs: ReadonlySet<string>
}

/** Reads what an action holds; undefined where it has gone meanwhile. */
export const held = (stored: Inventory.Stored): Effect.Effect<Held | undefined, StoreError> =>
  Effect.map(readSmall(stored.file), (bytes): Held | undefined => {
    const decoded = bytes === undefined ? undefined : decode(stored.name, bytes)
    if (decoded === undefined) return undefined
    if (Result.isFailure(decoded)) return { stored, stage: undefined, refs: new Set() }
    const { success } = decoded
    return { stored, stage: success.parts.stage, refs: new Set(refsOf(success).map(({ hash }) => hash)) }
  })

const latest = ({ changed, written }: Inventory.Stored): number => Math.max(changed, written)

/** Something that may be given up: an action with what only it holds, an artifact that none holds, or another file. */
interface Candidate {
  readonly kind: Kind
  readonly stage: string | undefined
  readonly stored: Inventory.Stored | undefined
  readonly refs: ReadonlySet<string>
  /** Those of a lower rank go first, within a rank the oldest. */
  readonly rank: number
  /** When it was made, in milliseconds since 1970. */
  readonly made: number
}

const bySacrifice = (a: Candidate, b: Candidate) => a.rank - b.rank || a.made - b.made

/** Files that decide no result, those that are due by their age in front. */
const others = Effect.fnUntraced(function* (layout: Layout, limits: Limits) {
  const recent = new Set(
    [...Map.groupBy(yield* Runs.make(layout).last(Number.POSITIVE_INFINITY), ({ record }) => record.pipeline).values()]
      .flatMap((own) => own.slice(0, limits.runs))
      .map(({ id }) => id),
  )
  const runs = yield* Inventory.files(layout.runs, Runs.idOf)
  const all = [
    ...(yield* Inventory.files(layout.aside)).map((stored) => ({ kind: "aside" as const, stored })),
    ...(yield* Inventory.files(layout.tmp)).map((stored) => ({ kind: "tmp" as const, stored })),
    ...(yield* Inventory.files(layout.memos)).map((stored) => ({ kind: "memo" as const, stored })),
    ...runs.map((stored) => ({ kind: "run" as const, stored })),
  ]
  const due = all.filter(({ kind, stored }) => {
    if (kind === "run" && recent.has(stored.name)) return false
    const age = kind === "aside" ? (limits.olderThan ?? ages.aside) : ages[kind]
    // A file that was set aside keeps its seal, which is no time of its own.
    return limits.now - (kind === "aside" ? stored.changed : stored.written) > age
  })
  return { all, due }
})

/** Finds what is to be collected. Nothing is changed. */
export const mark = Effect.fn("Store.mark")(function* (
  layout: Layout,
  wanted: Wanted,
  limits: Limits,
): Effect.fn.Return<Marked, StoreError> {
  const { grace, maxBytes, now, olderThan } = limits
  yield* Version.check(layout)
  const live = yield* Live.all(layout, now)
  const inUse = new Set(live.flatMap(({ keys }) => keys))
  const horizon = Math.min(now, ...live.map(({ since }) => since)) - grace
  const isYoung = (stored: Inventory.Stored) => latest(stored) >= horizon

  // Before the artifacts: whatever is recorded meanwhile is young, and so are its artifacts.
  const actions = (yield* Effect.forEach(yield* Inventory.actions(layout), held)).filter((one) => one !== undefined)
  const artifacts = new Map((yield* Inventory.artifacts(layout)).map((stored) => [stored.name, stored]))
  const { all, due } = yield* others(layout, limits)

  const holders = new Map<string, number>()
  for (const { refs } of actions) for (const hash of refs) holders.set(hash, (holders.get(hash) ?? 0) + 1)

  const doomed: Array<Doomed> = []
  let bytes = [
    ...actions.map(({ stored }) => stored),
    ...artifacts.values(),
    ...all.map(({ stored }) => stored),
  ].reduce((sum, stored) => sum + stored.bytes, 0)
  const before = bytes
  const doom = ({ kind, refs, stage, stored }: Candidate) => {
    if (stored !== undefined) {
      doomed.push({ kind, stage, stored })
      bytes -= stored.bytes
    }
    for (const hash of refs) {
      const left = (holders.get(hash) ?? 1) - 1
      holders.set(hash, left)
      const artifact = artifacts.get(hash)
      if (left > 0 || artifact === undefined || isYoung(artifact)) continue
      doomed.push({ kind: "artifact", stage, stored: artifact })
      bytes -= artifact.bytes
    }
  }

  let young = 0
  const candidates: Array<Candidate> = []
  for (const { refs, stage, stored } of actions) {
    const isWanted = wanted.keys.has(stored.name)
    const isSpare = stage !== undefined && wanted.spare.has(stage)
    if (inUse.has(stored.name) || (isWanted && !(isSpare && maxBytes !== undefined))) continue
    if (isYoung(stored)) {
      if (!isWanted) young++
      continue
    }
    const rank = isSpare ? (isWanted ? 2 : 1) : 3
    candidates.push({ kind: "action", stage, stored, refs, rank, made: stored.written })
  }
  for (const { changed, name } of artifacts.values()) {
    if (holders.has(name)) continue
    candidates.push({
      kind: "artifact",
      stage: undefined,
      stored: undefined,
      refs: new Set([name]),
      rank: 3,
      made: changed,
    })
  }

  const none: ReadonlySet<string> = new Set()
  const other = ({ kind, stored }: (typeof all)[number]): Candidate => ({
    kind,
    stage: undefined,
    stored,
    refs: none,
    rank: 0,
    made: stored.changed,
  })
  for (const one of due) if (!isYoung(one.stored)) doom(other(one))

  const isOld = ({ made, rank }: Candidate) => rank !== 2 && (olderThan === undefined || now - made > olderThan)
  const first = maxBytes === undefined || olderThan !== undefined ? candidates.filter(isOld) : []
  for (const one of first) doom(one)
  if (maxBytes !== undefined) {
    const gone = new Set<Candidate>(first)
    const asides = all.filter((one) => one.kind === "aside" && !due.includes(one) && !isYoung(one.stored)).map(other)
    for (const one of [...asides, ...candidates].sort(bySacrifice)) {
      if (bytes <= maxBytes) break
      if (!gone.has(one)) doom(one)
    }
  }
  return { doomed, bytes: before, young, seen: new Map(actions.map(({ stored }) => [stored.name, stored.changed])) }
})
