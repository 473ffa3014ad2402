/** A table of numbers, row by row. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly at: (row: number, column: number) => number
}

const header =
  /^\{\s*'descr':\s*'([<>|=][a-z]\d)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\((\d+),\s*(\d+)\),?\s*\}\s*$/u

/**
 * Reads a file of numpy's format (`numpy.save`) that holds a matrix of float32 or
 * float64, or says what is wrong with it. Versions 1 to 3 of
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 */
export const readNpy = (bytes: Uint8Array): Matrix | string => {
  if (bytes.length < 12 || bytes[0] !== 0x93 || new TextDecoder().decode(bytes.subarray(1, 6)) !== "NUMPY") {
    return "not a file of numpy (.npy)"
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [start, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)]
  const text = new TextDecoder().decode(bytes.subarray(start, start + length))
  const found = header.exec(text)
  const [, type, fortran, height, width] = found ?? []
  const size = type === "<f4" ? 4 : type === "<f8" ? 8 : undefined
  if (size === undefined) return "it holds no matrix of float32 or float64"
  const [rows, columns, first] = [Number(height), Number(width), start + length]
  if (bytes.length !== first + rows * columns * size) {
    return `${bytes.length - first} bytes of numbers where ${rows} x ${columns} of ${size} bytes are said`
  }
  const read = (at: number) => (size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true))
  return {
    rows,
    columns,
    at: (row, column) => read(first + size * (fortran === "True" ? column * rows + row : row * columns + column)),
  }
}
