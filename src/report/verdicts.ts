import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { paint, type Style } from "./style.ts"

const Rows = Schema.Array(Schema.Struct({ kind: Schema.String, text: Schema.String }))

/** What matters first: the whole, then each pair of neighbours in the ranking. */
const shown = ["overall", "neighbours"]

/**
 * A table of verdicts as sentences, a line each: those on the whole and on
 * neighbours in the ranking. None where the rows are no verdicts.
 */
export const render = (rows: ReadonlyArray<unknown>, style: Style): Option.Option<ReadonlyArray<string>> =>
  Option.map(Schema.decodeUnknownOption(Rows)(rows), (verdicts) => [
    paint(style, "strong", "Which differences are real?"),
    ...shown.flatMap((kind) => verdicts.filter((verdict) => verdict.kind === kind).map(({ text }) => `- ${text}`)),
  ])
