import * as Effect from "effect/Effect"
import { Memo } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { unreadable } from "./paths.ts"
import { settled, stampOf } from "./settled.ts"

/**
 * The hash of a file's content, as a stamp: a file that is copied or touched
 * stays the same. It is read again only when its size, times or inode change.
 * For files of which the hash is worth knowing. `file` is a full path.
 */
export const contentStamp = Effect.fnUntraced(function* (file: string): Effect.fn.Return<string, StageError, Memo> {
  const memo = yield* Memo
  const name = `content of ${file}`
  const [stamp, known] = Buffer.from((yield* memo.load(name)) ?? [])
    .toString("utf8")
    .split("\0")
  const { stats, value } = yield* settled(file, (stats) => {
    if (stats.isDirectory()) {
      return Effect.fail(new StageError({ message: "this is a folder, where a file is needed", file }))
    }
    if (known !== undefined && stamp === stampOf(stats)) return Effect.succeed(known)
    return Hash.ofFile(file).pipe(
      Effect.map(({ hash }) => hash),
      Effect.mapError((cause) => unreadable(file, cause)),
    )
  })
  if (value !== known || stamp !== stampOf(stats)) yield* memo.save(name, Buffer.from(`${stampOf(stats)}\0${value}`))
  return value
})
