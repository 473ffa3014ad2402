/** One member as tar programs write it, header and padded content. */
export const member = (name: string, content: string | Uint8Array, type = "0", link = "") => {
  const body = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(name.slice(0, 100), 0)
  header.write("0000644\0", 100)
  header.write("0000000\0", 108)
  header.write("0000000\0", 116)
  header.write(`${body.length.toString(8).padStart(11, "0")}\0`, 124)
  header.write("00000000000\0", 136)
  header.write("        ", 148)
  header.write(type, 156)
  header.write(link, 157)
  header.write("ustar  \0", 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

const end = Buffer.alloc(1024)
/** A tar of these members, with its end mark. */
export const tarOf = (...members: ReadonlyArray<Uint8Array>) => Buffer.concat([...members, end])
