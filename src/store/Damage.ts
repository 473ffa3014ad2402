import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** A file of the store that is not what it should be, and where it was put. */
export interface Damaged {
  readonly file: string
  readonly reason: string
  readonly movedTo: string
}

/** Hears of every damaged file that the store sets aside. Says so in the log where nothing else is provided. */
export const Damage = Context.Reference<{ readonly report: (damaged: Damaged) => Effect.Effect<void> }>(
  "rankshift/Damage",
  {
    defaultValue: () => ({
      report: ({ file, movedTo, reason }) => Effect.logWarning(`set aside ${file}: ${reason} (now ${movedTo})`),
    }),
  },
)
