import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Hash from "../hash/Hash.ts"
import type { ArtifactRef } from "./Action.ts"
import { decode, readSmall, refsOf } from "./Actions.ts"
import * as Inventory from "./Inventory.ts"
import type { Layout } from "./Layout.ts"
import * as quarantine from "./quarantine.ts"
import * as Runs from "./Runs.ts"
import { fromCause, isAbsent, type StoreError } from "./StoreError.ts"
import * as Version from "./Version.ts"

/** What is wrong with a file. */
export interface Problem {
  /**
   * - `damaged`: its content is not what it should be.
   * - `lacking`: an action that is sound, but whose artifact is not there.
   * - `unreadable`: this user has no right to read it.
   */
  readonly kind: "damaged" | "lacking" | "unreadable"
  readonly reason: string
}

/** A file that was looked into. */
export interface Finding {
  readonly file: string
  readonly of: "artifact" | "action" | "run"
  readonly bytes: number
  /** Undefined where it is sound. */
  readonly problem: Problem | undefined
}

/** All that there is to look into, listed at one time. */
export interface Subjects {
  readonly artifacts: ReadonlyArray<Inventory.Stored>
  readonly actions: ReadonlyArray<Inventory.Stored>
  readonly runs: ReadonlyArray<Inventory.Stored>
}

/** Lists what there is to look into. */
export const subjects = Effect.fnUntraced(function* (layout: Layout): Effect.fn.Return<Subjects, StoreError> {
  yield* Version.check(layout)
  // Before the artifacts: what a run records meanwhile has them already.
  const actions = yield* Inventory.actions(layout)
  const artifacts = yield* Inventory.artifacts(layout)
  return { actions, artifacts, runs: yield* Inventory.files(layout.runs, Runs.idOf) }
})

const damaged = (reason: string): Problem => ({ kind: "damaged", reason })

// Of these there will be more: nothing is to be learnt from the other files.
const isExhausted = ({ code }: Hash.HashError) => code === "EMFILE" || code === "ENFILE"

const artifact = ({ bytes, file, name }: Inventory.Stored): Effect.Effect<Finding | undefined, StoreError> =>
  Hash.ofFile(file).pipe(
    Effect.map(({ hash }): Finding => {
      const problem = hash === name ? undefined : damaged("its content is not what its name says")
      return { of: "artifact", file, bytes, problem }
    }),
    Effect.catchTag("HashError", (error): Effect.Effect<Finding | undefined, StoreError> => {
      const cause = { code: error.code, message: error.reason }
      if (isAbsent(cause)) return Effect.undefined
      if (isExhausted(error)) return Effect.fail(fromCause(cause, "read", file))
      const { kind, message } = fromCause(cause, "read", file)
      const problem: Problem = { kind: kind === "denied" ? "unreadable" : "damaged", reason: message }
      return Effect.succeed({ of: "artifact", file, bytes, problem })
    }),
  )

/** A small file: read whole, then looked at. One that has gone meanwhile is no finding. */
const small = (
  of: Finding["of"],
  { bytes, file }: Inventory.Stored,
  problemOf: (content: Buffer) => Problem | undefined,
): Effect.Effect<Finding | undefined, StoreError> =>
  readSmall(file).pipe(
    Effect.map((content) => content && { of, file, bytes, problem: problemOf(content) }),
    Effect.catchIf(
      ({ kind }) => kind === "denied",
      ({ message }) => Effect.succeed({ of, file, bytes, problem: { kind: "unreadable" as const, reason: message } }),
    ),
  )

type Sizes = ReadonlyMap<string, number>

const against = (refs: ReadonlyArray<ArtifactRef>, present: Sizes, bad: ReadonlySet<string>): Problem | undefined => {
  for (const { bytes, hash } of refs) {
    const size = present.get(hash)
    if (size === undefined) return { kind: "lacking", reason: `its artifact ${hash} is missing` }
    if (size !== bytes && !bad.has(hash)) {
      return damaged(`it says that its artifact ${hash} has ${bytes} bytes, but that has ${size}`)
    }
  }
  return undefined
}

const each = <A>(
  all: ReadonlyArray<A>,
  concurrency: number,
  look: (one: A) => Effect.Effect<Finding | undefined, StoreError>,
): Stream.Stream<Finding, StoreError> =>
  Stream.fromIterable(all).pipe(
    Stream.mapEffect(look, { concurrency, unordered: true }),
    Stream.filter((finding) => finding !== undefined),
  )

const action = (present: Sizes, bad: ReadonlySet<string>) => (one: Inventory.Stored) =>
  small("action", one, (content) => {
    const decoded = decode(one.name, content)
    return Result.isSuccess(decoded) ? against(refsOf(decoded.success), present, bad) : damaged(decoded.failure)
  })

const run = (one: Inventory.Stored) =>
  small("run", one, (content) => {
    const decoded = Runs.decode(content)
    return Result.isSuccess(decoded) ? undefined : damaged(decoded.failure)
  })

const sizes = (artifacts: ReadonlyArray<Inventory.Stored>) =>
  new Map(artifacts.map(({ bytes, name }) => [name, bytes] as const))

/**
 * Looks into every artifact, action and record of a run, `concurrency` files at
 * a time, the artifacts first. A file that another process removes meanwhile is
 * no finding.
 */
export const verify = (
  { actions, artifacts, runs }: Subjects,
  concurrency: number,
): Stream.Stream<Finding, StoreError> => {
  const present = sizes(artifacts)
  const bad = new Set<string>()
  const noted = (name: string) => (finding: Finding | undefined) =>
    Effect.sync(() => {
      if (finding === undefined) present.delete(name)
      else if (finding.problem !== undefined) bad.add(name)
    })
  return each(artifacts, concurrency, (one) => Effect.tap(artifact(one), noted(one.name))).pipe(
    Stream.concat(each(actions, concurrency, action(present, bad))),
    Stream.concat(each(runs, concurrency, run)),
  )
}

/** Sets a bad file aside. One that only cannot be read stays where it is: it may be sound. */
export const setAside = (layout: Layout, { file, problem }: Finding): Effect.Effect<void, StoreError> =>
  problem === undefined || problem.kind === "unreadable"
    ? Effect.void
    : quarantine.setAside(layout, file, problem.reason)

/** The actions whose artifacts are not there. */
export const lacking = Effect.fnUntraced(function* (
  layout: Layout,
): Effect.fn.Return<ReadonlyArray<Finding>, StoreError> {
  const { actions, artifacts } = yield* subjects(layout)
  return yield* each(actions, 1, action(sizes(artifacts), new Set())).pipe(
    Stream.filter(({ problem }) => problem?.kind === "lacking"),
    Stream.runCollect,
  )
})
