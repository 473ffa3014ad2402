import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { settled, stampOf } from "../../../stages/sources/settled.ts"
import { folderWith } from "./folderWith.ts"

const file = Effect.map(folderWith({ "a.bin": "0" }), (folder) => join(folder, "a.bin"))
const stampNow = (path: string) => stampOf(statSync(path, { bigint: true }))

describe("settled", () => {
  it.effect("reads again what changed while it was read", () =>
    Effect.gen(function* () {
      const path = yield* file
      let reads = 0
      const { value, stats } = yield* settled(path, () =>
        Effect.sync(() => {
          const text = readFileSync(path, "utf8")
          reads++
          if (reads <= 2) writeFileSync(path, String(reads))
          return text
        }),
      )
      assert.strictEqual(value, "2")
      assert.strictEqual(reads, 3)
      assert.strictEqual(stampOf(stats), stampNow(path))
    }),
  )

  it.effect("waits until a later write is sure to show", () =>
    Effect.gen(function* () {
      const path = yield* file
      for (let round = 0; round < 10; round++) {
        writeFileSync(path, "before")
        // Where the file system's clock is fine no write can hide, so the age itself is looked at too.
        const { stats, value: age } = yield* settled(path, ({ ctimeMs }) =>
          Effect.sync(() => Date.now() - Number(ctimeMs)),
        )
        assert.isAtLeast(age, 20)
        writeFileSync(path, "behind")
        assert.notStrictEqual(stampNow(path), stampOf(stats))
      }
    }),
  )

  it.effect("gives up on a file that never comes to rest, and names it", () =>
    Effect.gen(function* () {
      const path = yield* file
      let reads = 0
      const error = yield* Effect.flip(settled(path, () => Effect.sync(() => writeFileSync(path, String(reads++)))))
      assert.match(error.message, /keeps changing/)
      assert.strictEqual(error.file, path)
    }),
  )
})
