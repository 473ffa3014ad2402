import * as Effect from "effect/Effect"
import { Resume } from "../../src/dsl/Services.ts"
import * as canonical from "../../src/hash/canonical.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { decode, encode, type Trained } from "./savedRun.ts"
import { factorAt } from "./schedule.ts"
import type { Sgd } from "./sgd.ts"
import type { Setting } from "./sgdShape.ts"

/** The names under which a setting's state after each epoch is kept: of all that decided it, and nothing else. */
const namesOf = (identity: unknown, sgd: Sgd, stepsPerEpoch: number) => {
  const { epochs, schedule, settings: _, ...fixed } = sgd
  const chain = [Hash.ofText(canonical.canonical({ identity, fixed }))]
  for (let epoch = 0; epoch < epochs; epoch++) {
    const factors = Array.from({ length: stepsPerEpoch }, (_, i) =>
      factorAt(schedule, { step: epoch * stepsPerEpoch + i, stepsPerEpoch, epochs }),
    )
    const [first] = factors
    const said = factors.every((factor) => factor === first) ? [first] : factors
    chain.push(Hash.ofText(`${chain.at(-1)}/${said.join(" ")}`))
  }
  return ({ decay, rate }: Setting, epoch: number) => `sgd/${rate}/${decay}/${chain[epoch] ?? ""}`
}

/**
 * Keeps what settings have come to, and finds what an earlier training kept: the
 * state after the last epoch up to which all steps were the same. `identity` is
 * what decides the numbers besides `sgd` and the data: a JSON value.
 */
export const keeping = Effect.fnUntraced(function* (identity: unknown, sgd: Sgd, stepsPerEpoch: number) {
  const resume = yield* Resume
  const name = namesOf(identity, sgd, stepsPerEpoch)
  return {
    load: Effect.fnUntraced(function* (setting: Setting) {
      for (let epoch = sgd.epochs; epoch > 0; epoch--) {
        const bytes = yield* resume.load(name(setting, epoch))
        const trained = bytes === undefined ? undefined : yield* decode(bytes)
        if (trained !== undefined) return trained
      }
      return undefined
    }),
    /** Forgets what was kept after so many epochs. */
    drop: (setting: Setting, done: number) => resume.save(name(setting, done), new Uint8Array(0)),
    save: (setting: Setting, trained: Trained) => resume.save(name(setting, trained.done), encode(trained)),
  }
})
