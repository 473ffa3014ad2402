import * as Effect from "effect/Effect"
import type { Row } from "../../src/arrow/Table.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import type { Manifest } from "../tables.ts"

/** The bytes of an image, if they are still those that the manifest lists. */
export const asListed = (
  { id, path, bytes: size, hash }: Row<typeof Manifest>,
  bytes: Uint8Array,
): Effect.Effect<Uint8Array, StageError> =>
  bytes.length === size && Hash.ofBytes(bytes) === hash
    ? Effect.succeed(bytes)
    : Effect.fail(
        new StageError({
          message: `the image ${JSON.stringify(id)} is not what it was when the images were listed: its file changed during the run`,
          hint: "run again once whatever writes the file has finished",
          file: path,
        }),
      )
