// onnxruntime-node takes tensors in shared memory under this version of Node.js and refuses them under 20.
const sharing = [24, 21] as const

const shares = (): boolean => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return major > sharing[0] || (major === sharing[0] && minor >= sharing[1])
}

/** Numbers that cross to a session's thread without a copy, where Node.js allows it. */
export const shared = (length: number): Float32Array =>
  shares() ? new Float32Array(new SharedArrayBuffer(length * 4)) : new Float32Array(length)

/** The same for float16's bits. */
export const sharedHalves = (length: number): Uint16Array =>
  shares() ? new Uint16Array(new SharedArrayBuffer(length * 2)) : new Uint16Array(length)
