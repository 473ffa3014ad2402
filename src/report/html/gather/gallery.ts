import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { StageServices } from "../../../dsl/Services.ts"
import { sample } from "../../../run/Sample.ts"
import type { Work } from "../../../run/Work.ts"
import type { Store } from "../../../store/Store.ts"
import type { StoreError } from "../../../store/StoreError.ts"
import * as Columns from "../columns.ts"
import { limits } from "../limits.ts"
import type { Disputed, Disputes, Gallery, Guess, Part } from "../Study.ts"
import type { Access } from "./Access.ts"
import type { Cell } from "./cells.ts"
import { thumbnail } from "./thumbnail.ts"

type First = Omit<Guess, "right">

interface Candidate {
  readonly id: string
  readonly labels: ReadonlyArray<number>
  readonly guesses: readonly [Guess, Guess]
}

const firstGuesses = (access: Access, cell: Cell) =>
  cell.predictions === undefined
    ? Effect.succeed(new Map<string, First>())
    : Stream.runFold(
        access.batches(Columns.Predictions, cell.predictions),
        () => new Map<string, First>(),
        (guesses, { id, score, top }) => {
          id.forEach((image, at) => {
            const label = top[at]?.[0]
            if (label !== undefined) guesses.set(image, { label, score: score[at]?.[0] ?? Number.NaN })
          })
          return guesses
        },
      )

/** The images of a set that exactly one of two models gets right: first those of the one, then those of the other. */
const disputed = Effect.fnUntraced(function* (
  access: Access,
  a: Cell,
  b: Cell,
): Effect.fn.Return<readonly [ReadonlyArray<Candidate>, ReadonlyArray<Candidate>], StoreError> {
  const [ofA, ofB] = [yield* firstGuesses(access, a), yield* firstGuesses(access, b)]
  const found: readonly [Array<Candidate>, Array<Candidate>] = [[], []]
  if (a.labels === undefined) return found
  yield* Stream.runForEach(access.batches(Columns.Labels, a.labels), (batch) =>
    Effect.sync(() => {
      batch.id.forEach((id, at) => {
        const labels = Array.from(batch.labels[at] ?? [])
        const [one, other] = [ofA.get(id), ofB.get(id)]
        if (one === undefined || other === undefined || labels.length === 0) return
        const judged = (guess: First): Guess => ({ ...guess, right: labels.includes(guess.label) })
        const guesses = [judged(one), judged(other)] as const
        if (guesses[0].right !== guesses[1].right) found[guesses[0].right ? 0 : 1].push({ id, labels, guesses })
      })
    }),
  )
  return found
})

/** Some of many, evenly spaced, so that no part of the set is favoured. */
export const spread = <A>(all: ReadonlyArray<A>, count: number): ReadonlyArray<A> =>
  all.length <= count
    ? all
    : Array.from({ length: count }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / count)]).filter(
        (one) => one !== undefined,
      )

const pictures = Effect.fnUntraced(function* (
  access: Access,
  work: Work,
  cell: Cell,
  chosen: ReadonlyArray<Candidate>,
): Effect.fn.Return<ReadonlyArray<Disputed>, never, Store | Exclude<StageServices, Scope.Scope>> {
  if (cell.images === undefined || chosen.length === 0) return []
  const ids = new Set(chosen.map(({ id }) => id))
  // Images may have moved since: the gallery then lacks them, and says how many there are all the same.
  const batches = yield* sample(access.resolver, work, cell.images.index, ids).pipe(
    Effect.catch(() => Effect.succeed([])),
  )
  const bytesOf = new Map<string, Uint8Array>()
  for (const { bytes, id } of batches) {
    if (!Array.isArray(id) || !Array.isArray(bytes)) continue
    id.forEach((image, at) => {
      const own: unknown = bytes[at]
      if (typeof image === "string" && own instanceof Uint8Array) bytesOf.set(image, own)
    })
  }
  const made = yield* Effect.forEach(
    chosen,
    Effect.fnUntraced(function* (candidate) {
      const bytes = bytesOf.get(candidate.id)
      const small = bytes === undefined ? undefined : yield* thumbnail(bytes)
      return small === undefined ? undefined : { ...candidate, ...small }
    }),
    { concurrency: 4 },
  )
  return made.filter((one) => one !== undefined)
})

/** Images that the first two models disagree on, from every set that has predictions and images. */
export const gallery = Effect.fn("report.gallery")(function* (
  access: Access,
  work: Work,
  cells: ReadonlyArray<Cell>,
  models: ReadonlyArray<string>,
  sets: ReadonlyArray<string>,
): Effect.fn.Return<Part<Gallery>, StoreError, Store | Exclude<StageServices, Scope.Scope>> {
  const [first, second] = models
  if (first === undefined || second === undefined) return { missing: "There are fewer than two models." }
  const cellOf = (model: string, set: string) => cells.find((cell) => cell.model === model && cell.set === set)
  const both = sets.flatMap((set) => {
    const [a, b] = [cellOf(first, set), cellOf(second, set)]
    return a === undefined || b === undefined ? [] : [{ set, a, b }]
  })
  const found: Array<Disputes> = []
  const sources = new Set<number>()
  const each = Math.max(1, Math.floor(limits.images / Math.max(1, both.length) / 2))
  for (const { a, b, set } of both) {
    const [onlyA, onlyB] = yield* disputed(access, a, b)
    const shown = yield* pictures(access, work, a, [...spread(onlyA, each), ...spread(onlyB, each)])
    found.push({ set, only: [onlyA.length, onlyB.length], shown })
    for (const node of [a.predictions, b.predictions, a.labels]) {
      if (node !== undefined) for (const at of yield* access.cite(node)) sources.add(at)
    }
  }
  if (found.every(({ shown }) => shown.length === 0)) {
    return {
      missing:
        "No images to show: a gallery needs scores of predictions on images that are still there (the stages predict and score).",
    }
  }
  return {
    rows: [{ models: [first, second], sets: found.filter(({ only }) => only[0] + only[1] > 0) }],
    sources: [...sources],
    total: found.length,
  }
})
