/**
 * What a linear probe on ImageNet takes: 90 epochs of 1.28 million rows of 2048
 * features and 1000 classes, from epochs of 100,000 rows. Run:
 * `npx tsx bench/probes/imagenet.ts [rows] [epochs]`.
 */
import * as Effect from "effect/Effect"
import { median } from "./table.ts"
import { epochs } from "./training.ts"

const rows = Number(process.argv[2] ?? 100_000)
const count = Number(process.argv[3] ?? 3)
const imagenet = 1_281_167

const found = await Effect.runPromise(epochs({ rows, width: 2048, classes: 1000, batch: 1024 }, [0.1], count))
const speed = median(found.map(({ epoch }) => (rows * 1000) / epoch))
const minutes = (90 * imagenet) / speed / 60
console.log(`${Math.round(speed).toLocaleString("en")} rows a second in epochs of ${rows.toLocaleString("en")} rows`)
console.log(`90 epochs of ${imagenet.toLocaleString("en")} rows: ${minutes.toFixed(0)} minutes`)
