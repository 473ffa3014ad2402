import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { closeSync, openSync, type Stats } from "node:fs"
import * as Hash from "../hash/Hash.ts"
import type { ArtifactRef } from "./Action.ts"
import type { Layout } from "./Layout.ts"
import * as quarantine from "./quarantine.ts"
import * as seal from "./seal.ts"
import { damaged, fromCause, isAbsent, missing, type StoreError } from "./StoreError.ts"

type Presence = "present" | "absent" | "damaged"

/** The artifacts of a store: whether they are there, and are what their names say. */
export interface Artifacts {
  readonly check: (ref: ArtifactRef) => Effect.Effect<Presence, StoreError>
  /** Makes sure of an artifact before it is read: hashes it, once in this process. Gives the file. */
  readonly verify: (ref: ArtifactRef) => Effect.Effect<string, StoreError>
  /** Takes note of an artifact that this process has just written, hashing as it wrote: it need not be hashed again. */
  readonly written: (ref: ArtifactRef) => Effect.Effect<void>
}

const isOf = (stats: Stats, ref: ArtifactRef) => stats.size === ref.bytes

/** Looks after the artifacts in this layout. */
export const make = (layout: Layout): Effect.Effect<Artifacts> =>
  Effect.gen(function* () {
    // The state in which each file was found sound in this process.
    const sound = new Map<string, string>()
    // One at a time: whoever waits for a file that another fiber is hashing finds it done.
    const turn = yield* Semaphore.make(1)

    const look = (file: string) =>
      Effect.try({ try: () => seal.look(file), catch: (cause) => fromCause(cause, "look at", file) })

    const isKnown = (ref: ArtifactRef, stats: Stats) => sound.get(ref.hash) === seal.stamp(stats)

    // A store on a read-only disk is still good to read: then the result is remembered for this process alone.
    const sealAgain = (file: string) =>
      Effect.ignore(
        Effect.try(() => {
          const descriptor = openSync(file, "r")
          try {
            seal.apply(descriptor)
          } finally {
            closeSync(descriptor)
          }
        }),
      )

    const hashed = (ref: ArtifactRef, file: string): Effect.Effect<Presence, StoreError> =>
      Hash.ofFile(file).pipe(
        Effect.flatMap((found) => {
          if (found.hash !== ref.hash || found.bytes !== ref.bytes) {
            return quarantine
              .setAside(layout, file, "its content is not what its name says")
              .pipe(Effect.as<Presence>("damaged"))
          }
          const sealed = Effect.flatMap(look(file), (stats) =>
            stats !== undefined && seal.holds(stats)
              ? Effect.succeed(stats)
              : Effect.andThen(sealAgain(file), look(file)),
          )
          return sealed.pipe(
            Effect.map((stats): Presence => {
              if (stats !== undefined) sound.set(ref.hash, seal.stamp(stats))
              return "present"
            }),
          )
        }),
        Effect.catchTag("HashError", (error) =>
          isAbsent(error)
            ? Effect.succeed<Presence>("absent")
            : Effect.fail(fromCause({ code: error.code, message: error.reason }, "read", file)),
        ),
      )

    const examine = (ref: ArtifactRef, isEnough: (stats: Stats) => boolean): Effect.Effect<Presence, StoreError> => {
      const file = layout.artifact(ref.hash)
      return Effect.flatMap(look(file), (stats) => {
        if (stats === undefined) return Effect.succeed<Presence>("absent")
        return isOf(stats, ref) && (isKnown(ref, stats) || isEnough(stats))
          ? Effect.succeed<Presence>("present")
          : hashed(ref, file)
      })
    }

    return {
      written: (ref) =>
        Effect.ignore(
          Effect.map(look(layout.artifact(ref.hash)), (stats) => {
            if (stats !== undefined && seal.holds(stats) && isOf(stats, ref)) sound.set(ref.hash, seal.stamp(stats))
          }),
        ),
      check: (ref) => {
        const file = layout.artifact(ref.hash)
        return Effect.flatMap(look(file), (stats) => {
          if (stats === undefined) return Effect.succeed<Presence>("absent")
          if (isOf(stats, ref) && (seal.holds(stats) || isKnown(ref, stats))) return Effect.succeed<Presence>("present")
          return turn.withPermits(1)(examine(ref, seal.holds))
        })
      },
      verify: Effect.fnUntraced(function* (ref) {
        const file = layout.artifact(ref.hash)
        const presence = yield* turn.withPermits(1)(examine(ref, () => false))
        if (presence === "present") return file
        return yield* presence === "absent" ? missing(file, ref.hash) : damaged(file, ref.hash)
      }),
    }
  })
