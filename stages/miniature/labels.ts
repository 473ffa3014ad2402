import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../../src/dsl/Stage.ts"
import { Labels } from "../tables.ts"
import { realLabels, singleLabel } from "./annotate.ts"
import { compose } from "./compose.ts"
import { Drawn, idOf, indices } from "./drawn.ts"

const Params = Schema.Struct({
  ...Drawn,
  /** `single`: what the image was drawn to show. `real`: all that can be seen in it, if anything. */
  rule: Schema.Literals(["single", "real"]),
})
type Params = typeof Params.Type

/** The labels of an image set of the miniature world, read off the scenes that `draw` renders. */
export const labels = whole("labels", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  label: ({ rule, set }) => (rule === "real" ? `${set} real` : set),
  run: (_, { rule, seed, set, ...size }: Params) => {
    const read = rule === "real" ? realLabels : singleLabel
    return Effect.succeed(
      indices({ set, ...size }).pipe(
        Stream.map((batch) => ({
          id: batch.map((index) => idOf(set, index)),
          labels: batch.map((index) => read(compose(seed, set, index))),
        })),
      ),
    )
  },
})
