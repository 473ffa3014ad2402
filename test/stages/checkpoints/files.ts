import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"

/** The folder of the small checkpoints; `make.py` beside them wrote them with PyTorch. */
export const folder = fileURLToPath(new URL("../../fixtures/checkpoints/", import.meta.url))

/** The bytes of one of them. */
export const bytesOf = (name: string): Uint8Array => readFileSync(`${folder}${name}`)

const Network = Schema.Struct({
  features: Schema.Array(Schema.Finite),
  width: Schema.Int,
  logits: Schema.optionalKey(Schema.Array(Schema.Finite)),
})
const Expected = Schema.Struct({
  containers: Schema.Record(Schema.String, Schema.Array(Schema.Finite)),
  networks: Schema.Record(Schema.String, Network),
})

/** What PyTorch has in them and computes with them. */
export const expected = Schema.decodeUnknownSync(Schema.fromJsonString(Expected))(
  readFileSync(`${folder}expected.json`, "utf8"),
)

/** What PyTorch computes with one of the networks. */
export const computed = (name: string): typeof Network.Type => {
  const found = expected.networks[name]
  if (found === undefined) throw new Error(`make.py says nothing of ${name}`)
  return found
}
