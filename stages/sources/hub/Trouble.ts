import * as Schema from "effect/Schema"
import { StageError } from "../../../src/dsl/StageError.ts"

/** Something went wrong between here and the hub. */
export class Trouble extends Schema.TaggedError<Trouble>()("HubTrouble", {
  message: Schema.String,
  /** What to do about it. */
  hint: Schema.String,
  /** The address or the file that it is about. */
  at: Schema.String,
  /** Whether it may be gone when it is tried again. */
  passing: Schema.Boolean,
  /** How long to wait before, in seconds, where the hub says so. */
  wait: Schema.optionalKey(Schema.Finite),
  cause: Schema.optionalKey(Schema.Defect()),
}) {}

// What follows the question mark may open the file to whoever reads it.
const shown = (at: string) => (/^https?:/u.test(at) ? at.replace(/\?.*$/u, "") : at)

/** The trouble as a stage's error. */
export const toStageError = ({ at, cause, hint, message }: Trouble): StageError =>
  new StageError({ message, hint, file: shown(at), ...(cause === undefined ? {} : { cause }) })
