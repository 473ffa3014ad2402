import * as Effect from "effect/Effect"
import { type Measured, median } from "./table.ts"
import { epochs } from "./training.ts"

const rates = Array.from({ length: 13 }, (_, i) => 0.001 * 1.5 ** i)
const large = { rows: 8192, width: 2048, classes: 1000, batch: 1024 }
const small = { rows: 32_768, width: 512, classes: 10, batch: 1024 }
const each = (milliseconds: number) => `${milliseconds.toFixed(0)} ms an epoch`

/** Sweeps over 13 rates, as `linear/dinov2` has them: one read and one shuffle of the features for all. */
export const measure = Effect.gen(function* () {
  const wide = yield* epochs(large, rates, 3)
  const [thirteen, one] = [yield* epochs(small, rates, 12), yield* epochs(small, [0.1], 12)]
  const [all, single] = [median(thirteen.map(({ epoch }) => epoch)), median(one.map(({ epoch }) => epoch))]
  const rows: ReadonlyArray<Measured> = [
    {
      work: "sweep of 13 rates, 2048→13x1000",
      measured: each(median(wide.map(({ epoch }) => epoch))),
      peer: `bare wide Gemms ${each(median(wide.map(({ bare }) => bare)))}`,
      ratio: median(wide.map(({ bare, epoch }) => bare / epoch)),
      mustReach: "≥ .90",
    },
    {
      work: "sweep of 13 rates, 512→13x10",
      measured: each(all),
      peer: `one rate ${each(single)}`,
      ratio: all / single,
      mustReach: "< 4 (times)",
    },
  ]
  return rows
})
