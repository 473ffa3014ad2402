import * as Schema from "effect/Schema"
import type { Explained, Explanation } from "./Explain.ts"

const Change = Schema.Struct({
  part: Schema.Literals(["param", "input", "code", "package", "environment", "outside"]),
  name: Schema.String,
  before: Schema.NullOr(Schema.String),
  after: Schema.NullOr(Schema.String),
})

/** A cause as JSON. */
export const CauseJson = Schema.Struct({
  node: Schema.String,
  kind: Schema.Literals(["changed", "new", "forgotten", "lost"]),
  path: Schema.Array(Schema.String),
  changes: Schema.Array(Change),
  code: Schema.Array(
    Schema.Struct({
      module: Schema.String,
      name: Schema.String,
      what: Schema.Literals(["changed", "added", "removed"]),
    }),
  ),
})

/** An explanation as JSON. */
export const ExplanationJson = Schema.Struct({
  node: Schema.String,
  stage: Schema.String,
  state: Schema.String,
  reason: Schema.NullOr(Schema.String),
  changes: Schema.Array(Change),
  causes: Schema.Array(CauseJson),
  computed: Schema.NullOr(
    Schema.Struct({
      finished: Schema.String,
      seconds: Schema.Finite,
      host: Schema.Record(Schema.String, Schema.String),
      run: Schema.NullOr(Schema.String),
      cutOff: Schema.Array(Schema.Struct({ input: Schema.String, finished: Schema.String })),
    }),
  ),
})

const changesJson = (changes: Explanation["changes"]) =>
  changes.map(({ after, before, name, part }) => ({ part, name, before: before ?? null, after: after ?? null }))

/** A cause, as it is written. */
export const causeJson = ({ changes, code, kind, node, path }: Explained): typeof CauseJson.Type => ({
  node,
  kind,
  path,
  changes: changesJson(changes),
  code,
})

/** An explanation, as it is written. */
export const explanationJson = (self: Explanation): typeof ExplanationJson.Type => {
  const { made, state } = self
  return {
    node: self.node,
    stage: self.stage,
    state: state._tag,
    reason: state._tag === "stale" ? state.reason : state._tag === "failed" ? state.message : null,
    changes: changesJson(self.changes),
    causes: self.causes.map(causeJson),
    computed:
      made === undefined
        ? null
        : {
            finished: made.action.finished,
            seconds: made.seconds,
            host: made.action.host,
            run: made.run ?? null,
            cutOff: made.cutOff,
          },
  }
}
