import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Device, providers } from "../onnx/Device.ts"
import { lines, Output } from "../report/Output.ts"
import { UsageError } from "./ExitError.ts"

/** What `--device` may be. */
export const devices = [...providers, "auto"] as const
type Wanted = (typeof devices)[number]

/** Says for all commands of a shell what `--device` is. */
const variable = "RANKSHIFT_DEVICE"

const fromShell = Effect.suspend(() => {
  const said = process.env[variable] ?? ""
  const found = devices.find((device) => device === said)
  if (found !== undefined || said === "") return Effect.succeed(found ?? "cpu")
  return Effect.fail(
    new UsageError({ message: `${variable} is ${said}`, hint: `it can be one of ${devices.join(", ")}` }),
  )
})

/** What a command's stages compute on. `auto` is tried out, and what it came to is said. */
export const chosen = Effect.fnUntraced(function* (given: Option.Option<Wanted>) {
  const wanted = Option.isSome(given) ? given.value : yield* fromShell
  if (wanted !== "auto") return wanted
  const { best } = yield* Effect.promise(() => import("../onnx/attempt.ts"))
  const found = yield* best
  const { err } = yield* Output
  yield* lines(err, [`device: ${found}`])
  return found
})

/** Sees whether the device computes at all, before any work begins. */
export const ready = Effect.gen(function* () {
  const device = yield* Device
  if (device === "cpu") return
  const { attempt } = yield* Effect.promise(() => import("../onnx/attempt.ts"))
  yield* Effect.mapError(attempt(device), ({ hint, message }) => new UsageError({ message, hint }))
})
