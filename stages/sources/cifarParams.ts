import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { StageError } from "../../src/dsl/StageError.ts"
import { FilesParam } from "./packed.ts"

/** Binary files of CIFAR, as fields of params. */
export const CifarParams = {
  /** The file, or several as one set. */
  file: FilesParam,
  /** Which of the two sets: how many classes it has. */
  cifar: /* @__PURE__ */ Schema.Literals(["10", "100"]),
  /** Where the set is published, for who lacks a file. */
  published: /* @__PURE__ */ Schema.optionalKey(Schema.NonEmptyString),
}

/** Says of a file that is missing where it is published. */
export const saying = (published: string | undefined) =>
  Effect.mapError((error: StageError) =>
    published !== undefined && error.message === "no such file"
      ? new StageError({ ...error, message: error.message, hint: published })
      : error,
  )
