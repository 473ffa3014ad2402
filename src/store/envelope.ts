import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Hash from "../hash/Hash.ts"

/** JSON text with the hash of its body in front, so that any flipped byte is noticed. */
const wrap = (body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`{"check":"${Hash.ofBytes(body)}",\n"body":`), body, Buffer.from("}\n")])

const before = wrap(new Uint8Array()).length - 2

const unwrap = (bytes: Buffer): Buffer | undefined => {
  const body = bytes.subarray(before, Math.max(bytes.length - 2, before))
  return bytes.equals(wrap(body)) ? body : undefined
}

/** How values of a schema are written to a file of their own, and read back. */
export interface Envelope<A> {
  readonly encode: (value: A) => Uint8Array
  /** The value, or what is wrong with the file. */
  readonly decode: (bytes: Buffer) => Result.Result<A, string>
}

/** An envelope for values of a schema. */
export const make = <A, I>(schema: Schema.Codec<A, I>): Envelope<A> => {
  const json = Schema.fromJsonString(schema)
  const encode = Schema.encodeSync(json)
  const decode = Schema.decodeUnknownResult(json)
  return {
    encode: (value) => wrap(Buffer.from(encode(value), "utf8")),
    decode: (bytes) => {
      const body = unwrap(bytes)
      if (body === undefined) return Result.fail("its content does not match its checksum")
      return Result.mapError(decode(body.toString("utf8")), () => "it was written by another version")
    },
  }
}
