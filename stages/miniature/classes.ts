import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { Classes } from "../tables.ts"
import { kinds } from "./kinds/index.ts"

/** The names of the miniature world's classes, in the order of their indices. */
export const classes = whole("classes", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: {},
  output: Classes,
  run: (_) => Effect.succeed({ name: kinds.map((kind) => kind.name) }),
})
