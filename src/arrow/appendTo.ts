/** What is written to: an open file, or whatever takes its bytes. */
export interface Sink {
  readonly writev: (chunks: Array<Uint8Array>) => Promise<{ readonly bytesWritten: number }>
}

// The system takes at most this much at once, give or take a page.
const most = 1 << 30

const plain = (chunk: Uint8Array) => new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)

/** Writes chunks at the end of a file, however many calls it takes. */
export const appendTo = async (handle: Sink, chunks: ReadonlyArray<Uint8Array>): Promise<void> => {
  const pieces = chunks.map(plain).flatMap((chunk) => {
    const count = Math.ceil(chunk.length / most)
    return Array.from({ length: count }, (_, i) => chunk.subarray(i * most, (i + 1) * most))
  })
  let next = 0
  while (next < pieces.length) {
    const group: Array<Uint8Array> = []
    let size = 0
    for (let i = next; i < pieces.length && group.length < 512; i++) {
      const piece = pieces[i]
      if (piece === undefined || (group.length > 0 && size + piece.length > most)) break
      group.push(piece)
      size += piece.length
    }
    let { bytesWritten } = await handle.writev(group)
    if (bytesWritten === 0) throw new Error("the disk takes nothing more")
    for (const piece of group) {
      if (bytesWritten >= piece.length) {
        bytesWritten -= piece.length
        next += 1
      } else {
        pieces[next] = piece.subarray(bytesWritten)
        break
      }
    }
  }
}
