import { module, spill } from "./passes.ts"

// What is used of WebAssembly's JavaScript interface: Node.js has it, the compiler's library does not.
interface Memory {
  readonly buffer: ArrayBuffer
  readonly grow: (pages: number) => number
}
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Memory: new (options: { readonly initial: number }) => Memory
  readonly Instance: new (
    module: object,
    imports: { readonly host: { readonly memory: Memory } },
  ) => { readonly exports: Passes }
}

/** The two passes; arguments are addresses and sizes in bytes (see `passes.ts`). */
export interface Passes {
  readonly across: (records: number, end: number, bytes: number, to: number, size: number) => void
  readonly down: (record: number, bytes: number, length: number, to: number) => void
}

/** The passes, and the memory that they work on. */
export interface Machine {
  readonly passes: Passes
  /** The memory, at least so many bytes (and what the passes spill) of it; what it was before may have ended. */
  readonly memory: (bytes: number) => ArrayBuffer
}

const page = 0x1_0000

// Memory is never given back; what an unusual image needs should not stay.
const kept = 0x400_0000

/** Gives machines to work with, the same one as long as its memory is small. Nothing is made before it is needed. */
export const machines = (): (() => Machine) => {
  let compiled: object | undefined
  let last: { readonly machine: Machine; readonly memory: Memory } | undefined
  return () => {
    if (last !== undefined && last.memory.buffer.byteLength <= kept) return last.machine
    compiled ??= new WebAssembly.Module(module())
    const memory = new WebAssembly.Memory({ initial: 1 })
    const { exports } = new WebAssembly.Instance(compiled, { host: { memory } })
    const machine: Machine = {
      passes: exports,
      memory: (bytes) => {
        const missing = Math.ceil((bytes + spill - memory.buffer.byteLength) / page)
        if (missing > 0) memory.grow(missing)
        return memory.buffer
      },
    }
    last = { machine, memory }
    return machine
  }
}
