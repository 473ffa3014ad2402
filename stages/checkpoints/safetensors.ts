/** The container of safetensors: a JSON header, then the tensors' bytes. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { cursor } from "./Bytes.ts"
import { Malformed } from "./Malformed.ts"
import { contiguous, count, type ElementType, make, sizes, type Weight, type Weights } from "./Weight.ts"

const types: ReadonlyMap<string, ElementType> = new Map([
  ["F64", "float64"],
  ["F32", "float32"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I64", "int64"],
  ["I32", "int32"],
  ["I16", "int16"],
  ["I8", "int8"],
  ["U8", "uint8"],
  ["BOOL", "bool"],
])

// The format's own limit.
const longestHeader = 100_000_000

const Entry = Schema.Struct({
  dtype: Schema.String,
  shape: Schema.Array(Schema.Int),
  data_offsets: Schema.Tuple([Schema.Int, Schema.Int]),
})
const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))
const decodeEntry = Schema.decodeUnknownResult(Entry)

/** Whether bytes begin as such a file does: a length, then a JSON object. */
export const isSafetensors = (bytes: Uint8Array): boolean =>
  bytes.length > 9 && bytes[8] === 0x7b && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0

/** The tensors by name. Every byte behind the header belongs to one of them, as the format asks. */
export const read = (bytes: Uint8Array): Weights => {
  const from = cursor(bytes, "the file")
  const length = from.u64()
  if (length > longestHeader) throw new Malformed(`its header of ${length} bytes is longer than the format allows`)
  const header = decode(Buffer.from(from.take(length)).toString("utf8"))
  if (Result.isFailure(header)) throw new Malformed("its header is no JSON object", "fetch the file again")
  const start = from.position()
  const found: Array<{ readonly name: string; readonly begin: number; readonly end: number; readonly weight: Weight }> =
    []
  for (const [name, described] of Object.entries(header.success)) {
    if (name === "__metadata__") continue
    const entry = decodeEntry(described)
    if (Result.isFailure(entry)) throw new Malformed(`its header does not say what ${name} is`)
    const { data_offsets, dtype, shape } = entry.success
    const [begin, end] = data_offsets
    const type = types.get(dtype)
    if (type === undefined) throw new Malformed(`${name} is of the type ${dtype}, which is not read`)
    if (begin < 0 || end < begin || start + end > bytes.length) {
      throw new Malformed(`${name} is not within the file`, "fetch the file again")
    }
    const storage = {
      type,
      elements: (end - begin) / sizes[type],
      bytes: () => bytes.subarray(start + begin, start + end),
    }
    const weight = make(storage, 0, shape, contiguous(shape))
    if (count(weight) !== storage.elements) {
      throw new Malformed(`${name} has ${end - begin} bytes, which is not what its shape [${shape.join(", ")}] needs`)
    }
    found.push({ name, begin, end, weight })
  }
  let at = 0
  for (const { begin, end, name } of found.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) throw new Malformed(`there is a gap or an overlap before ${name}`)
    at = end
  }
  if (start + at !== bytes.length) throw new Malformed(`${bytes.length - start - at} bytes are left over at its end`)
  return new Map(found.map(({ name, weight }) => [name, weight]))
}
