/** The checksum of LevelDB's and TensorFlow's files (RFC 3720, appendix B.4). */
const polynomial = 0x82f63b78

const table = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
  return value
})

const crc32c = (bytes: Uint8Array): number => {
  let value = 0xffffffff
  for (let i = 0; i < bytes.length; i++) value = (table[(value ^ (bytes[i] ?? 0)) & 255] ?? 0) ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

/** As it is stored: turned and shifted, so that a checksum over checksums is no weak one. */
export const maskedCrc32c = (bytes: Uint8Array): number => {
  const plain = crc32c(bytes)
  return (((plain >>> 15) | (plain << 17)) + 0xa282ead8) >>> 0
}
