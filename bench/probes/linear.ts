import * as Effect from "effect/Effect"
import { type Measured, median } from "./table.ts"
import { epochs, torch } from "./training.ts"

const sizes = { rows: 65_536, width: 2048, classes: 1000, batch: 1024 }
const perSecond = (samples: number) => `${Math.round(samples).toLocaleString("en")} samples/s`

/** Linear SGD, 2048 features to 1000 classes in batches of 1024. */
export const measure = Effect.gen(function* () {
  const found = yield* epochs(sizes, [0.1], 5)
  const speed = median(found.map(({ epoch }) => (sizes.rows * 1000) / epoch))
  const products = median(found.map(({ bare }) => (sizes.rows * 1000) / bare))
  const peer = yield* torch(sizes, 1)
  const work = "linear SGD 2048→1000, batch 1024"
  const rows: ReadonlyArray<Measured> = [
    {
      work,
      measured: perSecond(speed),
      peer: peer === undefined ? "PyTorch is missing" : `PyTorch ${perSecond(peer)}`,
      ratio: peer === undefined ? undefined : speed / peer,
      mustReach: "≥ 2.5",
    },
    {
      work,
      measured: perSecond(speed),
      peer: `bare Gemms ${perSecond(products)}`,
      ratio: median(found.map(({ bare, epoch }) => bare / epoch)),
      mustReach: "≥ .85",
    },
  ]
  return rows
})
