import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Stage, StageError, Table } from "../../src/index.ts"
import { stampFile } from "../../stages/sources/stamp.ts"

const Text = Table.whole("text", { text: "utf8" })
const None = Schema.Struct({})

/** A file's words. White space around them is no part of it. */
export const source = Stage.whole("source", {
  module: import.meta,
  params: Schema.Struct({ file: Schema.String }),
  inputs: {},
  output: Text,
  label: ({ file }) => file.split("/").at(-1) ?? file,
  stamp: ({ file }) => stampFile(file),
  run: (_, { file }) =>
    Effect.try({
      try: () => ({ text: [readFileSync(file, "utf8").trim()] }),
      catch: () => new StageError({ message: "no such file", file }),
    }),
})

const joined = (readers: ReadonlyArray<Stage.Reader<typeof Text>>) =>
  Effect.map(
    Effect.forEach(readers, (reader) => reader.all),
    (all) => ({ text: [all.map(({ text }) => text[0] ?? "").join(" ")] }),
  )

/** What a model makes of a set: both texts. */
export const extract = Stage.whole("extract", {
  module: import.meta,
  params: None,
  inputs: { model: Text, set: Text },
  output: Text,
  run: ({ model, set }) => joined([model, set]),
})

/** A copy. */
export const score = Stage.whole("score", {
  module: import.meta,
  params: None,
  inputs: { features: Text },
  output: Text,
  run: ({ features }) => joined([features]),
})

/** All in one. */
export const total = Stage.whole("total", {
  module: import.meta,
  params: None,
  inputs: { scores: Stage.many(Text) },
  output: Text,
  run: ({ scores }) => joined(scores),
})
