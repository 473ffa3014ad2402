import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as FileStore from "./FileStore.ts"
import type { StoreShape } from "./StoreShape.ts"

export type { Memory, StoreShape, Writer } from "./StoreShape.ts"

/**
 * Actions and artifacts. Several processes may share one store: they may waste
 * work, never corrupt it. Damaged files are set aside and reported to `Damage`.
 */
export class Store extends Context.Service<Store, StoreShape>()("rankshift/Store") {
  /** A store of plain files in this folder. It is made when the first file is written. */
  static readonly layer = (root: string): Layer.Layer<Store> => Layer.effect(Store, FileStore.make(root))
}
