import type { Row, Table } from "../../arrow/Table.ts"
import type { Plan, State } from "../../plan/State.ts"
import type { Board } from "../Board.ts"
import type { Encoder } from "../encoders.ts"
import type * as Columns from "./columns.ts"

/** Where figures come from: a node with the record of how its results came about. */
export interface Source {
  readonly node: string
  readonly target: string | undefined
  readonly stage: string
  readonly state: State
  /** Whether what is shown is what a run would give now. */
  readonly fresh: boolean
  readonly keys: ReadonlyArray<string>
  readonly artifacts: ReadonlyArray<string>
  readonly rows: number
  readonly bytes: number
  readonly seconds: number
  /** ISO 8601, of the last shard. */
  readonly finished: string
  readonly params: string
  readonly code: string
  /** Versions of packages and what else of the environment can change the numbers. */
  readonly versions: Readonly<Record<string, string>>
  readonly host: Readonly<Record<string, string>>
}

/** Some rows, and the positions of their sources in the report. */
export interface Found<T> {
  readonly rows: ReadonlyArray<T>
  readonly sources: ReadonlyArray<number>
  /** How many rows there are in all; those that no figure shows are not kept. */
  readonly total: number
}

/** Nothing to show, and what would give it. */
export interface Missing {
  readonly missing: string
}

/** A part of a report: what was found, or what to do to have it. */
export type Part<T> = Found<T> | Missing

/** Whether a part is there. */
export const isFound = <T>(part: Part<T>): part is Found<T> => "rows" in part

/** The rows of a part, none where it is missing. */
export const rowsOf = <T>(part: Part<T>): ReadonlyArray<T> => (isFound(part) ? part.rows : [])

type Rows<T extends Table> = Part<Row<T>>

/** What one set is made of. */
export interface SetFacts {
  readonly set: string
  readonly images: number
  /** Images with a label but without a prediction. */
  readonly skipped: number
  /** Images without a label, where known. */
  readonly unlabelled: number | undefined
  /** Classes that have images, and the smallest and largest number of images of one; undefined where labels are not known. */
  readonly classes: { readonly count: number; readonly least: number; readonly most: number } | undefined
  /** Images with more than one label. */
  readonly multi: number | undefined
}

/** Accuracies by class of some models on a set: `values` one list a model, NaN where there is none. */
export interface ClassScores {
  readonly set: string
  readonly classes: ReadonlyArray<number>
  readonly images: ReadonlyArray<number>
  readonly values: ReadonlyArray<ReadonlyArray<number>>
}

/** Accuracies by class of the same models on all sets that have them. */
export interface PerClass {
  readonly metric: string
  readonly models: ReadonlyArray<string>
  readonly sets: ReadonlyArray<ClassScores>
}

/** The training loss of one probe, epoch by epoch. */
export interface Curve {
  readonly model: string
  readonly protocol: string
  readonly losses: ReadonlyArray<number>
  /** What was swept; empty where one setting was trained. */
  readonly settings: ReadonlyArray<Setting>
}

/** A setting of a sweep, and what became of it. */
export interface Setting {
  /** `rate 0.1, decay 0` */
  readonly words: string
  /** Accuracy on the held-out part at the end, 0..1; NaN where there is none. */
  readonly heldOut: number
  /** Why it was given up; undefined where it went to the end. */
  readonly stopped: string | undefined
  /** The variants of the probe that have it: `final`, `best`. */
  readonly chosen: ReadonlyArray<string>
}

/** A class that a model gives an image, with its score. */
export interface Guess {
  readonly label: number
  readonly score: number
  readonly right: boolean
}

/** An image that exactly one of two models gets right. */
export interface Disputed {
  readonly id: string
  /** A small picture, JPEG. */
  readonly thumbnail: Uint8Array
  readonly width: number
  readonly height: number
  readonly labels: ReadonlyArray<number>
  readonly guesses: readonly [Guess, Guess]
}

/** Images of one set that exactly one of two models gets right. */
export interface Disputes {
  readonly set: string
  /** How many only the first, and only the second, gets right. */
  readonly only: readonly [number, number]
  readonly shown: ReadonlyArray<Disputed>
}

/** Images that the first two models of the ranking disagree on. */
export interface Gallery {
  readonly models: readonly [string, string]
  readonly sets: ReadonlyArray<Disputes>
}

/** One benchmark: a leaderboard and all that is said of it. */
export interface Study {
  /** The target's name. */
  readonly title: string
  /** In the order of the reference ranking. */
  readonly models: ReadonlyArray<string>
  readonly sets: ReadonlyArray<string>
  readonly aggregates: ReadonlyArray<string>
  /** The set whose ranks the others are compared with. */
  readonly reference: string | undefined
  readonly board: (Board & { readonly sources: ReadonlyArray<number> }) | Missing
  readonly facts: Part<SetFacts>
  readonly intervals: Rows<typeof Columns.Intervals>
  readonly pairs: Rows<typeof Columns.Pairs>
  readonly noise: Rows<typeof Columns.Noise>
  readonly rankSets: Rows<typeof Columns.RankSets>
  readonly rankProbabilities: Rows<typeof Columns.RankProbabilities>
  readonly aggregateIntervals: Rows<typeof Columns.AggregateIntervals>
  readonly effects: Rows<typeof Columns.Effects>
  readonly agreement: Rows<typeof Columns.Agreement>
  readonly regressions: Rows<typeof Columns.Regressions>
  readonly verdicts: Rows<typeof Columns.Verdicts>
  readonly perClass: Part<PerClass>
  readonly curves: Part<Curve>
  readonly gallery: Part<Gallery>
  /** Names of classes, by their number; empty where they are not known. */
  readonly classNames: ReadonlyArray<string>
}

/** An image that was left out. */
export interface Skipped {
  readonly id: string
  readonly stage: string
  readonly reason: string
  /** The first node that lacks it. */
  readonly node: string
}

/** Everything that is on the page. */
export interface Report {
  readonly pipeline: string
  /** ISO 8601, when the report was written. */
  readonly written: string
  readonly version: string
  readonly plan: Plan
  readonly studies: ReadonlyArray<Study>
  readonly skipped: Part<Skipped>
  readonly encoders: Found<Encoder>
  readonly sources: ReadonlyArray<Source>
}
