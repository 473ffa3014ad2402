import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { bytes, clock, count } from "./format.ts"
import { fit } from "./grid.ts"
import * as Live from "./live.ts"
import type { Channel } from "./Output.ts"
import { paint, type Style } from "./style.ts"

/** How far a walk over files has come; sizes are in bytes. */
export interface Advance {
  readonly files: { readonly done: number; readonly total: number }
  readonly bytes: { readonly done: number; readonly total: number }
  readonly bad: number
}

const width = 24

/** A walk over files as a line: `verify  ━━━━━━────  58%  1.9 GB of 3.4 GB  850 MB/s  eta 0:02`. */
export const line = (what: string, advance: Advance, seconds: number, style: Style): string => {
  const { bad, bytes: size, files } = advance
  const part = size.total > 0 ? size.done / size.total : 1
  const full = Math.round(part * width)
  const rate = seconds > 0 ? size.done / seconds : 0
  const left = rate > 0 && size.done < size.total ? `eta ${clock((size.total - size.done) / rate)}` : ""
  const words = [
    what,
    paint(style, "good", "━".repeat(full)) + paint(style, "quiet", "─".repeat(width - full)),
    `${Math.floor(part * 100)}%`.padStart(4),
    `${count(files.done)}/${count(files.total)} files`,
    `${bytes(size.done)} of ${bytes(size.total)}`,
    rate > 0 ? `${bytes(rate)}/s` : "",
    left,
    bad > 0 ? paint(style, "bad", `${count(bad)} bad`) : "",
  ]
  return fit(
    words.filter((word) => word !== "").join("  "),
    style.columns === undefined ? undefined : style.columns - 1,
  )
}

/** How often the line is drawn again, in milliseconds. */
const beat = 100

/**
 * Draws a line that is redrawn in place, and removed when the scope closes;
 * draws nothing where nobody watches.
 */
export const follow = Effect.fnUntraced(function* (
  channel: Channel,
  what: string,
): Effect.fn.Return<(advance: Advance) => Effect.Effect<void>, never, Scope.Scope> {
  if (!channel.terminal) return () => Effect.void
  const began = yield* Clock.currentTimeMillis
  let drawn = 0
  let last = Number.NEGATIVE_INFINITY
  yield* Effect.addFinalizer(() => (drawn === 0 ? Effect.void : channel.write(Live.redraw(drawn, [], []))))
  return Effect.fnUntraced(function* (advance) {
    const now = yield* Clock.currentTimeMillis
    if (now - last < beat) return
    last = now
    const text = line(what, advance, (now - began) / 1000, yield* channel.style)
    const escape = Live.redraw(drawn, [], [text])
    drawn = 1
    yield* channel.write(escape)
  })
})
