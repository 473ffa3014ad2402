/** A pipeline small enough to run in every test; what the environment says ends up in params. */
import { Pipeline } from "../../../src/index.ts"
import { board, numbers, times } from "./stages.ts"

const millis = Number(process.env["TINY_MILLIS"] ?? 0)
const all = numbers({ count: 10 })
const slow = millis === 0 ? {} : { millis }

export default Pipeline.main(import.meta, "tiny", {
  table: board([times(all, { by: 0.5, ...slow }), times(all, { by: 1, ...slow })]),
})
