import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Cores, Progress } from "../../src/dsl/Services.ts"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as libvips from "../libvips.ts"
import { Images } from "../tables.ts"
import { compose } from "./compose.ts"
import { Drawn, idOf, indices, rowsOf } from "./drawn.ts"
import { render } from "./render.ts"

const Params = Schema.Struct({
  ...Drawn,
  /** Pixels along a side of the image. */
  size: Schema.Int.check(Schema.isBetween({ minimum: 16, maximum: 1024 })),
})
type Params = typeof Params.Type

/**
 * Draws an image set of the miniature world: `perClass` JPEG images of each of
 * the set's classes, `size` x `size` pixels, in the order of their ids. Each
 * image has a seed of its own, made of `seed` and its id, so equal params give
 * equal bytes wherever libvips and librsvg are the same.
 */
export const draw = whole("draw", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Images,
  environment: libvips.versions,
  label: ({ set }) => set,
  run: Effect.fnUntraced(function* (_, params: Params) {
    const sharp = yield* libvips.load
    const cores = yield* Cores
    const progress = yield* Progress
    const total = rowsOf(params)
    const paint = (index: number) =>
      cores.use(1)(
        Effect.tryPromise({
          try: () => render(sharp, compose(params.seed, params.set, index), params.size),
          catch: (cause) => new StageError({ message: `${idOf(params.set, index)} could not be drawn`, cause }),
        }),
      )
    return indices(params).pipe(
      Stream.mapEffect(
        Effect.fnUntraced(function* (batch) {
          const bytes = yield* Effect.forEach(batch, paint, { concurrency: cores.total })
          yield* progress.report((batch[0] ?? 0) + batch.length, total, "images")
          return { id: batch.map((index) => idOf(params.set, index)), bytes }
        }),
      ),
    )
  }),
})
