import type { Data, Schema } from "apache-arrow"
import { Vector } from "apache-arrow"
import { Footer } from "apache-arrow/ipc/metadata/file"
import { type DictionaryBatch, Message, type RecordBatch } from "apache-arrow/ipc/metadata/message"
import { VectorLoader } from "apache-arrow/visitor/vectorloader"
import { readFileSync, statSync } from "node:fs"
import { type FileHandle, open as openFile } from "node:fs/promises"
import { fromCause, IpcError } from "./IpcError.ts"
import * as verify from "./verify.ts"

/** Where a message of the file lies: its head (`metadata` bytes, prefix included), then its body. */
interface Block {
  readonly offset: number
  readonly metadata: number
  readonly body: number
}

/** A record batch of the file, not yet read. */
export interface BatchBlock extends Block {
  /** How many of the file's dictionaries have to be known to read it. */
  readonly dictionaries: number
}

/** A record batch that was read: the columns in the order of the schema's fields. */
export interface Loaded {
  readonly rows: number
  readonly columns: ReadonlyArray<Data>
}

/** A file that is open, and where its record batches are. */
export interface ArrowFile {
  readonly path: string
  readonly schema: Schema
  readonly batches: ReadonlyArray<BatchBlock>
  /** How many rows a batch has; reads its head alone. */
  readonly rows: (block: BatchBlock) => Promise<number>
  /** Reads a batch. Batches of a file with dictionaries have to be read in order. */
  readonly load: (block: BatchBlock) => Promise<Loaded>
  readonly close: () => Promise<void>
}

const magic = "ARROW1"
const trailer = 4 + magic.length
const continuation = 0xffffffff
// Node reads at most 2 GB at once.
const piece = 1 << 30

interface Head {
  readonly message: Message
  readonly length: number
}

/** The bytes of a file: open, or in memory where there are few of them. */
class Source {
  readonly path: string
  readonly size: number
  readonly #from: FileHandle | Uint8Array

  constructor(path: string, from: FileHandle | Uint8Array, size: number) {
    this.path = path
    this.size = size
    this.#from = from
  }

  corrupt(why: string): IpcError {
    return new IpcError({ kind: "corrupt", message: `${this.path} is no sound Arrow file: ${why}`, file: this.path })
  }

  /** Exactly these bytes, at an address that any typed array may begin at. */
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw this.corrupt("it is cut short")
    // A copy: what is in memory may begin anywhere.
    if (this.#from instanceof Uint8Array) return new Uint8Array(this.#from.subarray(offset, offset + length))
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.#from.read(bytes, done, Math.min(length - done, piece), offset + done)
      if (bytesRead === 0) throw this.corrupt("it is cut short")
      done += bytesRead
    }
    return bytes
  }

  /** The message at an offset whose head takes at most `limit` bytes; undefined at the end of a stream. */
  async head(offset: number, limit: number): Promise<Head | undefined> {
    const prefix = new DataView((await this.bytes(offset, Math.min(8, limit))).buffer)
    if (prefix.byteLength < 8) throw this.corrupt("a message is cut short")
    // Before Arrow 0.15 a message began with its length at once.
    const start = prefix.getUint32(0, true) === continuation ? 8 : 4
    const size = prefix.getInt32(start - 4, true)
    if (size === 0) return undefined
    if (size < 0 || start + size > limit) throw this.corrupt("a message is longer than its place")
    const bytes = await this.bytes(offset + start, size)
    if (!verify.isSound(bytes, verify.message)) throw this.corrupt("the head of a message is damaged")
    return { message: Message.decode(bytes), length: start + size }
  }

  async close(): Promise<void> {
    if (!(this.#from instanceof Uint8Array)) await this.#from.close()
  }
}

/** Batch and dictionary blocks of a file, with the schema. */
interface Index {
  readonly schema: Schema
  readonly batches: ReadonlyArray<BatchBlock>
  readonly dictionaries: ReadonlyArray<Block>
}

// The file format: a footer says where everything is.
const readFooter = async (source: Source): Promise<Index> => {
  const end = source.size - trailer
  const tail = Buffer.from(await source.bytes(end, trailer))
  const length = tail.readInt32LE(0)
  if (tail.toString("latin1", 4) !== magic || length <= 0) throw source.corrupt("its end is missing")
  const bytes = await source.bytes(end - length, length)
  if (!verify.isSound(bytes, verify.footer)) throw source.corrupt("its footer is damaged")
  const footer = Footer.decode(bytes)
  const toBlock = ({
    bodyLength,
    metaDataLength,
    offset,
  }: {
    bodyLength: number
    metaDataLength: number
    offset: number
  }) => ({
    offset,
    metadata: metaDataLength,
    body: bodyLength,
  })
  const dictionaries = Array.from(footer.dictionaryBatches(), toBlock)
  const batches = Array.from(footer.recordBatches(), (block) => ({
    ...toBlock(block),
    dictionaries: dictionaries.length,
  }))
  // No two blocks share a byte, so no damaged length can ask for more than what lies between its neighbours.
  let free = 8
  for (const block of [...dictionaries, ...batches].sort((a, b) => a.offset - b.offset)) {
    if (block.offset < free || block.metadata < 8 || block.body < 0) throw source.corrupt("its footer is damaged")
    free = block.offset + block.metadata + block.body
  }
  if (free > end - length) throw source.corrupt("its footer is damaged")
  return { schema: footer.schema, batches, dictionaries }
}

// The stream format: message after message, and the index is made by walking over them.
const walk = async (source: Source): Promise<Index> => {
  let schema: Schema | undefined
  const batches: Array<BatchBlock> = []
  const dictionaries: Array<Block> = []
  let offset = 0
  while (offset < source.size) {
    const head = await source.head(offset, source.size - offset)
    if (head === undefined) break
    const { length, message } = head
    const block = { offset, metadata: length, body: message.bodyLength }
    if (message.isSchema()) schema = message.header()
    else if (schema === undefined) throw source.corrupt("it does not begin with a schema")
    else if (message.isDictionaryBatch()) dictionaries.push(block)
    else if (message.isRecordBatch()) batches.push({ ...block, dictionaries: dictionaries.length })
    if (block.body < 0 || offset + length + block.body > source.size) throw source.corrupt("it is cut short")
    offset += length + block.body
  }
  if (schema === undefined) throw source.corrupt("it holds no schema")
  return { schema, batches, dictionaries }
}

const loadVectors = (
  source: Source,
  index: Index,
  header: RecordBatch,
  body: Uint8Array,
  known: Map<number, Vector>,
) => {
  if (header.compression !== null) {
    throw new IpcError({
      kind: "unsupported",
      message: `${source.path} is compressed; write it without compression (pyarrow: compression="uncompressed")`,
      file: source.path,
    })
  }
  const outside = header.buffers.some(({ length, offset }) => offset < 0 || length < 0 || offset + length > body.length)
  const views = header.variadicBufferCounts.reduce((sum, n) => sum + (n < 0 ? Number.POSITIVE_INFINITY : n), 0)
  // No value takes less than a bit: a greater number would send a reader through rows that are not there.
  const most = body.length * 8
  const tooLong = header.length > most || header.nodes.some(({ length }) => length < 0 || length > most)
  if (outside || tooLong || views > header.buffers.length) throw source.corrupt("a record batch is damaged")
  return new VectorLoader(
    body,
    header.nodes,
    header.buffers,
    known,
    index.schema.metadataVersion,
    header.variadicBufferCounts,
  )
}

const make = (source: Source, index: Index): ArrowFile => {
  const known = new Map<number, Vector>()
  let applied = 0

  const headOf = async (block: Block) => {
    const head = await source.head(block.offset, block.metadata)
    if (head === undefined || head.message.bodyLength !== block.body) throw source.corrupt("a message is damaged")
    return head.message
  }
  const bodyOf = (block: Block) => source.bytes(block.offset + block.metadata, block.body)

  const define = (header: DictionaryBatch, body: Uint8Array) => {
    const type = index.schema.dictionaries.get(header.id)
    if (type === undefined) throw source.corrupt("a dictionary belongs to no column")
    const values = new Vector([loadVectors(source, index, header.data, body, known).visit(type)])
    const former = known.get(header.id)
    known.set(header.id, header.isDelta && former !== undefined ? former.concat(values) : values)
  }

  const header = async (block: BatchBlock) => {
    const message = await headOf(block)
    if (!message.isRecordBatch()) throw source.corrupt("a record batch is damaged")
    const header = message.header()
    if (!(header.length >= 0)) throw source.corrupt("a record batch is damaged")
    return header
  }

  return {
    path: source.path,
    schema: index.schema,
    batches: index.batches,
    rows: async (block) => (await header(block)).length,
    load: async (block) => {
      for (const dictionary of index.dictionaries.slice(applied, block.dictionaries)) {
        const message = await headOf(dictionary)
        if (!message.isDictionaryBatch()) throw source.corrupt("a dictionary is damaged")
        define(message.header(), await bodyOf(dictionary))
        applied += 1
      }
      const head = await header(block)
      const vectors = loadVectors(source, index, head, await bodyOf(block), known)
      return { rows: head.length, columns: vectors.visitMany(index.schema.fields) }
    },
    close: () => source.close(),
  }
}

// A file of this size is read at once, and at once: each call that waits costs more than the bytes.
const small = 64 * 1024

const opened = async (path: string): Promise<Source> => {
  const stats = statSync(path)
  if (stats.isFile() && stats.size <= small) {
    const bytes = readFileSync(path)
    return new Source(path, bytes, bytes.length)
  }
  const handle = await openFile(path, "r")
  return new Source(path, handle, (await handle.stat()).size)
}

/**
 * Opens an Arrow IPC file, or a file that holds an IPC stream. Rejects with an
 * {@link IpcError}, as do its methods; none reads or allocates more than the
 * file has, whatever is wrong with it.
 */
export const open = async (path: string): Promise<ArrowFile> => {
  const source = await opened(path).catch((cause: unknown) => Promise.reject(fromCause(path)(cause)))
  try {
    const isFile =
      source.size >= 8 + trailer && Buffer.from(await source.bytes(0, magic.length)).toString("latin1") === magic
    return make(source, await (isFile ? readFooter(source) : walk(source)))
  } catch (cause) {
    await source.close()
    throw fromCause(path)(cause)
  }
}
