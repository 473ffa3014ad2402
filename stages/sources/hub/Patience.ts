import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"

/** How long a server is waited for. */
export class Patience extends Context.Reference<{
  /** Without a word from it. */
  readonly silence: Duration.Input
  /** Before it is asked a second time; twice as long before each further time. */
  readonly pause: Duration.Input
  /** How often it is asked, one time after another, without anything new arriving. */
  readonly tries: number
}>("rankshift/hub/Patience", {
  defaultValue: () => ({ silence: "30 seconds", pause: "1 second", tries: 5 }),
}) {}
