import type { PictureNode } from "../picture/Picture.ts"

/** A stage's part of a run. */
export interface StageState {
  readonly stage: string
  readonly phase: "ahead" | "running" | "done" | "failed"
  /** How much of it is done, from 0 to 1. */
  readonly part: number
  /** `38/96 shards`, `1,240 img/s`, … */
  readonly words: ReadonlyArray<string>
}

/** A line of the log. */
export interface LogLine {
  /** Seconds since the run began. */
  readonly at: number
  readonly kind: "plain" | "good" | "attention" | "bad"
  readonly text: string
}

/** A node that has failed. */
export interface Trouble {
  readonly node: string
  readonly message: string
  readonly file?: string
  readonly hint?: string
}

/** Memory of the whole process, in bytes. */
export interface Memory {
  readonly now: number
  readonly most: number
  /** From the beginning of the run to now, at equal distances. */
  readonly course: ReadonlyArray<number>
}

/** What of a node changes while a run lasts. */
export type NodeChange = Pick<PictureNode, "mark" | "reason" | "figures" | "shards">

/** What a page has not heard yet. What it holds of a thing is all there is to know of it: nothing adds up. */
export interface Message {
  /** Counts what has happened: whoever names it hears what came after it. */
  readonly revision: number
  /** Seconds since the run began. */
  readonly elapsed: number
  readonly nodes: ReadonlyArray<readonly [at: number, node: NodeChange]>
  readonly stages: ReadonlyArray<StageState>
  /** In the order in which the run begins with them. */
  readonly order: ReadonlyArray<string>
  readonly log: ReadonlyArray<LogLine>
  readonly troubles: ReadonlyArray<Trouble>
  readonly memory: Memory | undefined
  /** The last words of the run, once it is over. */
  readonly over: string | undefined
}
