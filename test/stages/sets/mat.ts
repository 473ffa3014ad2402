import { deflateSync } from "node:zlib"

const element = (type: number, data: Buffer) => {
  const tag = Buffer.alloc(8)
  tag.writeUInt32LE(type, 0)
  tag.writeUInt32LE(data.length, 4)
  return Buffer.concat([tag, data, Buffer.alloc((8 - (data.length % 8)) % 8)])
}

const int32s = (...values: ReadonlyArray<number>) => Buffer.from(Int32Array.from(values).buffer)

const matrix = (kind: number, dimensions: ReadonlyArray<number>, name: string, ...rest: ReadonlyArray<Buffer>) =>
  element(
    14,
    Buffer.concat([
      element(6, int32s(kind, 0)),
      element(5, int32s(...dimensions)),
      element(1, Buffer.from(name)),
      ...rest,
    ]),
  )

const text = (value: string) => matrix(4, [1, value.length], "", element(16, Buffer.from(value, "latin1")))
const double = (value: number) => matrix(6, [1, 1], "", element(9, Buffer.from(Float64Array.of(value).buffer)))

/** The devkit's `meta.mat`: structs of numbers and wnids, compressed or not. */
export const metaMat = (
  synsets: ReadonlyArray<readonly [id: number, wnid: string]>,
  options: { readonly compressed: boolean },
) => {
  const width = 16
  const names = Buffer.alloc(2 * width)
  names.write("ILSVRC2012_ID", 0)
  names.write("WNID", width)
  const small = Buffer.alloc(8)
  small.writeUInt32LE((4 << 16) | 5, 0)
  small.writeInt32LE(width, 4)
  const values = synsets.flatMap(([id, wnid]) => [double(id), text(wnid)])
  const variable = matrix(2, [synsets.length, 1], "synsets", small, element(1, names), ...values)
  const header = Buffer.alloc(128, " ")
  header.write("MATLAB 5.0 MAT-file")
  header.writeUInt16LE(0x0100, 124)
  header.write("IM", 126)
  if (!options.compressed) return Buffer.concat([header, variable])
  const packed = deflateSync(variable)
  const tag = Buffer.alloc(8)
  tag.writeUInt32LE(15, 0)
  tag.writeUInt32LE(packed.length, 4)
  return Buffer.concat([header, tag, packed])
}
