/** A full-size ResNet-50, made on the spot. */
import { open } from "node:fs/promises"

type Shape = readonly [name: string, shape: ReadonlyArray<number>]

const norm = (name: string, channels: number): ReadonlyArray<Shape> =>
  ["weight", "bias", "running_mean", "running_var"].map((part) => [`${name}.${part}`, [channels]])

const conv = (name: string, behind: string, out: number, inner: number, kernel: number): ReadonlyArray<Shape> => [
  [`${name}.weight`, [out, inner, kernel, kernel]],
  ...norm(behind, out),
]

/** Names and shapes in torchvision's way. */
const shapes = (): ReadonlyArray<Shape> => {
  const all: Array<Shape> = [...conv("conv1", "bn1", 64, 3, 7)]
  let inner = 64
  for (const [stage, depth] of [3, 4, 6, 3].entries()) {
    const width = 64 * 2 ** stage
    for (let block = 0; block < depth; block++) {
      const at = `layer${stage + 1}.${block}`
      all.push(...conv(`${at}.conv1`, `${at}.bn1`, width, inner, 1))
      all.push(...conv(`${at}.conv2`, `${at}.bn2`, width, width, 3))
      all.push(...conv(`${at}.conv3`, `${at}.bn3`, 4 * width, width, 1))
      if (block === 0) all.push(...conv(`${at}.downsample.0`, `${at}.downsample.1`, 4 * width, inner, 1))
      inner = 4 * width
    }
  }
  return [...all, ["fc.weight", [1000, 2048]], ["fc.bias", [1000]]]
}

/** Weights of the size that training begins with: values keep theirs from layer to layer. */
const values = (name: string, shape: ReadonlyArray<number>): Float32Array => {
  const count = shape.reduce((a, b) => a * b, 1)
  if (shape.length === 1) return new Float32Array(count).fill(/weight|running_var/u.test(name) ? 1 : 0)
  const scale = Math.sqrt((24 * (shape[0] ?? 1)) / count)
  return Float32Array.from({ length: count }, (_, i) => (((i * 37) % 101) / 101 - 0.5) * scale)
}

/** Writes ResNet-50s, each below a prefix of its own, into one safetensors file. */
export const writeResnet50 = async (path: string, prefixes: ReadonlyArray<string>): Promise<void> => {
  let at = 0
  const header: Record<string, unknown> = {}
  const tensors = prefixes.flatMap((prefix) => shapes().map(([name, shape]): Shape => [prefix + name, shape]))
  for (const [name, shape] of tensors) {
    const end = at + 4 * shape.reduce((a, b) => a * b, 1)
    header[name] = { dtype: "F32", shape, data_offsets: [at, end] }
    at = end
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const file = await open(path, "w")
  await file.writev([length, text])
  for (const [name, shape] of tensors) await file.write(new Uint8Array(values(name, shape).buffer))
  await file.close()
}
