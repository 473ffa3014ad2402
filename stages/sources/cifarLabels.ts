import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import { cifarId, cifarRows, imageBytes, labelBytes } from "./cifar.ts"
import { CifarParams, saying } from "./cifarParams.ts"
import * as LabelRows from "./labelRows.ts"
import { stampFiles } from "./packed.ts"
import { located, shortName, unreadable } from "./paths.ts"

const Params = Schema.Struct({
  ...CifarParams,
  /** CIFAR-100's 100 classes, or its 20 superclasses. */
  level: Schema.Literals(["fine", "coarse"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("fine"))),
})
type Params = typeof Params.Type

/** The labels in binary files of CIFAR-10 or CIFAR-100, under the ids of `cifarFiles`. A class out of range is an error. */
export const cifarLabels = whole("cifarLabels", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  stamp: ({ file, published }) => saying(published)(stampFiles(file)),
  run: Effect.fnUntraced(function* (_, { file, cifar, level }: Params) {
    if (cifar === "10" && level === "coarse")
      return yield* new StageError({ message: "CIFAR-10 has no superclasses", hint: "leave `level` out" })
    const count = cifar === "10" ? 10 : level === "fine" ? 100 : 20
    const rows = LabelRows.make()
    for (const path of yield* Effect.forEach([file].flat(), located)) {
      const bytes = yield* Effect.tryPromise({ try: () => readFile(path), catch: (cause) => unreadable(path, cause) })
      const images = cifarRows(path, bytes.length, cifar)
      if (typeof images !== "number") return yield* images
      const record = imageBytes + labelBytes[cifar]
      const place = cifar === "100" && level === "fine" ? 1 : 0
      for (let row = 0; row < images; row++) {
        const label = bytes[row * record + place] ?? 0
        const problem =
          label < count ? rows.add(cifarId(path, row), [label]) : `class ${label} is out of range (0 to ${count - 1})`
        if (problem !== undefined) {
          const hint = `is this the binary version of CIFAR-${cifar}?`
          return yield* new StageError({ message: `image ${row}: ${problem}`, hint, file: path })
        }
      }
    }
    return rows.sorted()
  }),
  label: ({ file }) => shortName([file].flat()[0] ?? ""),
})
