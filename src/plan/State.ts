/** Everything that a node would compute is in the store. */
export interface Fresh {
  readonly _tag: "fresh"
}

/** Something has to be computed, and why. */
export interface Stale {
  readonly _tag: "stale"
  readonly reason: string
}

/** What it would compute is known only once the nodes named have run; they may yet cut it off. */
export interface Waiting {
  readonly _tag: "waiting"
  readonly for: ReadonlyArray<string>
}

/** Its last run failed with this message, and nothing has changed since. */
export interface Failed {
  readonly _tag: "failed"
  readonly message: string
}

/** Never written and not needed now: computed on the fly for whoever asks. */
export interface Streamed {
  readonly _tag: "streamed"
}

/** What is known of a node before anything runs. */
export type State = Fresh | Stale | Waiting | Failed | Streamed

/** A node of a plan. */
export interface PlannedNode {
  /** Readable and unique within the pipeline: `extract(hog, sketch)`. */
  readonly name: string
  readonly stage: string
  readonly state: State
  /** Shards in all and of these in the store; undefined while not known. */
  readonly shards: { readonly total: number; readonly fresh: number } | undefined
  /** Positions in the plan of the nodes it takes. */
  readonly inputs: ReadonlyArray<number>
  /** The name it has as a target of the pipeline. */
  readonly target: string | undefined
}

/** Every node's state, inputs before what stands on them. */
export interface Plan {
  readonly pipeline: string
  readonly nodes: ReadonlyArray<PlannedNode>
}
