import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { resolve } from "node:path"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { devices } from "./device.ts"

/** The command above all others; its flags go with each of them. */
export const root = Command.make("pipeline").pipe(
  Command.withSharedFlags({
    cache: Flag.String("cache").pipe(
      Flag.withMetavar("DIR"),
      Flag.withDescription("Folder of the store (default: cache beside the pipeline file)"),
      Flag.optional,
    ),
    device: Flag.Literals("device", devices).pipe(
      Flag.withDescription(
        "What models and probes are computed on; part of the keys, so say it with every command (default: RANKSHIFT_DEVICE, or cpu)",
      ),
      Flag.optional,
    ),
  }),
  Command.withDescription("Run a benchmark, look at what it computed, and why"),
)

/** The node that a command is about. */
export const node = Argument.String("NODE").pipe(
  Argument.withDescription("Name of a node or a target, or a pattern with * that matches one"),
)

/** How far numbers may lie apart that should be the same. */
export const tolerance = Flag.Finite("tolerance").pipe(
  Flag.withMetavar("T"),
  Flag.withDescription("Numbers a and b count as the same where |a - b| ≤ T + T · max(|a|, |b|) (default: 1e-4)"),
  Flag.filter(
    (tolerance) => tolerance >= 0,
    () => "Expected a number from 0 on",
  ),
  Flag.withDefault(1e-4),
)

/** The folder of the store. */
export const cacheOf = (pipeline: Pipeline) =>
  Effect.map(root, ({ cache }) => resolve(Option.getOrElse(cache, () => resolve(pipeline.directory, "cache"))))

/** Does something with the engine, whose modules are loaded only now. */
export const withEngine =
  (pipeline: Pipeline) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const cache = yield* cacheOf(pipeline)
      const { layer } = yield* Effect.promise(() => import("../run/Engine.ts"))
      return yield* Effect.provide(Effect.scoped(effect), layer({ cache, directory: pipeline.directory }))
    })

const units = new Map([
  ["", 1],
  ["b", 1],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["tib", 2 ** 40],
])

/** A size as people write it (`20GB`, `1.5 GiB`, `4096`) in bytes. */
export const parseBytes = (text: string): Option.Option<number> => {
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? []
  const factor = units.get(unit?.toLowerCase() ?? "")
  return digits === undefined || factor === undefined ? Option.none() : Option.some(Math.round(Number(digits) * factor))
}

const spans = new Map([
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 7 * 86_400_000],
])

/** A span of time as people write it (`30d`, `12h`, `90m`, `2w`) in milliseconds. */
export const parseAge = (text: string): Option.Option<number> => {
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([mhdw])\s*$/i.exec(text) ?? []
  const factor = spans.get(unit?.toLowerCase() ?? "")
  return digits === undefined || factor === undefined ? Option.none() : Option.some(Number(digits) * factor)
}
