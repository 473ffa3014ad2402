import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Batch } from "../../src/arrow/Table.ts"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import type { Labels } from "../tables.ts"

/** The place of a name in a seeded order: to be compared by code unit. It depends on nothing but the seed and the name. */
export const placeOf = (seed: number, name: string): string => Hash.ofText(`${seed} ${name}`)

/** The first `count` of some names in the seeded order. */
export const firstOf = (names: Iterable<string>, count: number, seed: number): ReadonlyArray<string> =>
  [...names]
    .map((name) => ({ name, place: placeOf(seed, name) }))
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name)

/** The images of each class, and how many images have a label at all. */
export interface ByClass {
  readonly images: ReadonlyMap<number, ReadonlyArray<string>>
  readonly labelled: number
}

/** Reads which images each class has. An image with several labels is one of each; a second row for an image is an error. */
export const byClass = Effect.fnUntraced(function* (
  labels: Reader<typeof Labels>,
): Effect.fn.Return<ByClass, StageError> {
  const images = new Map<number, Array<string>>()
  const seen = new Set<string>()
  let labelled = 0
  yield* Stream.runForEach(labels.batches, (batch) =>
    Effect.gen(function* () {
      for (const [row, id] of batch.id.entries()) {
        if (seen.has(id)) {
          return yield* new StageError({ message: `two rows of labels have the id ${JSON.stringify(id)}` })
        }
        seen.add(id)
        const own = new Set(batch.labels[row])
        if (own.size > 0) labelled++
        for (const label of own) {
          const list = images.get(label)
          if (list === undefined) images.set(label, [id])
          else list.push(id)
        }
      }
    }),
  )
  return { images, labelled }
})

/** The first `count` images of each of some classes, or an error that lists the classes with fewer. */
export const firstOfEach = Effect.fnUntraced(function* (
  { images }: ByClass,
  classes: Iterable<number>,
  count: number,
  seed: number,
): Effect.fn.Return<ReadonlySet<string>, StageError> {
  const chosen = new Set<string>()
  const few: Array<string> = []
  for (const label of classes) {
    const own = images.get(label) ?? []
    if (own.length < count) few.push(`${label} (${own.length})`)
    for (const id of firstOf(own, count, seed)) chosen.add(id)
  }
  if (few.length === 0) return chosen
  return yield* new StageError({
    message: `${few.length} classes have fewer than ${count} images: ${few.slice(0, 5).join(", ")}`,
    hint: "ask for fewer images a class",
  })
})

/** The same rows, in which only some images keep labels, and of these only some labels. */
export const keeping = (
  labels: Reader<typeof Labels>,
  keep: (id: string, label: number) => boolean,
): Stream.Stream<Batch<typeof Labels>, StageError> =>
  Stream.map(labels.batches, ({ id, labels }) => ({
    id,
    labels: id.map((image, row) => (labels[row] ?? new Int32Array(0)).filter((label) => keep(image, label))),
  }))
