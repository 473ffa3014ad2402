import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { classes } from "../../../stages/miniature/classes.ts"
import { kinds } from "../../../stages/miniature/kinds/index.ts"
import { runWhole, services } from "../../harness.ts"

it.effect("names every kind once, in the order of the labels", () =>
  Effect.gen(function* () {
    const { name } = yield* runWhole(classes, {}, {})
    expect(name).toEqual(kinds.map((kind) => kind.name))
    expect(new Set(name).size).toBe(20)
  }).pipe(Effect.scoped, Effect.provide(services())),
)
