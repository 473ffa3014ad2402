import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { State } from "./sgdShape.ts"

/** A setting's epoch that was best on the held-out part so far. */
export interface Best {
  readonly epoch: number
  readonly accuracy: number
  readonly state: State
}

/** How far a setting has come, and how it went. */
export interface Trained {
  /** Epochs it was trained for. */
  readonly done: number
  readonly state: State
  /** Mean loss of each step. */
  readonly losses: Float32Array
  /** Accuracy on the held-out part after each epoch; empty where nothing is held out. */
  readonly heldOut: ReadonlyArray<number>
  readonly best: Best | undefined
  /** Where its loss ceased to be a finite number: counted from 0. */
  readonly diverged: { readonly epoch: number; readonly step: number } | undefined
}

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Slots = Schema.Array(Schema.Tuple([Schema.String, Count]))
const Header = Schema.fromJsonString(
  Schema.Struct({
    done: Count,
    losses: Count,
    heldOut: Schema.Array(Schema.Finite),
    state: Slots,
    best: Schema.NullOr(Schema.Struct({ epoch: Count, accuracy: Schema.Finite, state: Slots })),
    diverged: Schema.NullOr(Schema.Struct({ epoch: Count, step: Count })),
  }),
)

const sizes = (state: State) => Object.entries(state).map(([name, data]) => [name, data.length] as const)
const bytesOf = (data: Float32Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

/** As bytes: the length of a header (uint32), the header (JSON), then all numbers as float32, little-endian. */
export const encode = ({ best, diverged, done, heldOut, losses, state }: Trained): Uint8Array => {
  const header = Buffer.from(
    Schema.encodeSync(Header)({
      done,
      losses: losses.length,
      heldOut,
      state: sizes(state),
      best: best === undefined ? null : { ...best, state: sizes(best.state) },
      diverged: diverged ?? null,
    }),
    "utf8",
  )
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  const numbers = [losses, ...Object.values(state), ...Object.values(best?.state ?? {})]
  return Buffer.concat([length, header, ...numbers.map(bytesOf)])
}

/** The same read back; undefined where the bytes are something else. */
export const decode = Effect.fnUntraced(function* (bytes: Uint8Array): Effect.fn.Return<Trained | undefined> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (whole.length < 4) return undefined
  const end = 4 + whole.readUInt32LE()
  const header = yield* Effect.option(Schema.decodeUnknownEffect(Header)(whole.toString("utf8", 4, end)))
  if (Option.isNone(header)) return undefined
  const { best, diverged, done, heldOut, losses, state } = header.value
  const numbers = Uint8Array.from(whole.subarray(end))
  let at = 0
  const take = (length: number) => {
    const taken = new Float32Array(numbers.buffer, at, length)
    at += length * 4
    return taken
  }
  const stateOf = (slots: ReadonlyArray<readonly [string, number]>): State =>
    Object.fromEntries(slots.map(([name, length]) => [name, take(length)]))
  const all = [losses, ...[...state, ...(best?.state ?? [])].map(([, length]) => length)]
  if (all.reduce((sum, length) => sum + length, 0) * 4 !== numbers.length) return undefined
  return {
    done,
    losses: take(losses),
    heldOut,
    state: stateOf(state),
    best: best === null ? undefined : { ...best, state: stateOf(best.state) },
    diverged: diverged ?? undefined,
  }
})
