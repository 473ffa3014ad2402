import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Memo } from "../dsl/Services.ts"
import { Store } from "../store/Store.ts"

/** What stages remember between runs, kept in the store. */
export const memoLayer: Layer.Layer<Memo, never, Store> = Layer.effect(
  Memo,
  Effect.map(Store, (store) => store.memo),
)
