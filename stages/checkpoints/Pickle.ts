/**
 * Python's pickle, interpreted and never executed: a small machine that builds
 * plain values and asks an allow-list for whatever has a name.
 */
import { type Cursor, cursor } from "./Bytes.ts"
import { Malformed } from "./Malformed.ts"
import { opcodes } from "./opcodes.ts"
import type { ElementType, Storage, Weight } from "./Weight.ts"

/** What of an object weights are made of. */
export type Content =
  | { readonly kind: "weight"; readonly weight: Weight }
  | { readonly kind: "storage"; readonly storage: Storage }
  | { readonly kind: "dtype"; readonly type: ElementType | undefined }

/** A list or a tuple. */
export interface Sequence {
  readonly kind: "list" | "tuple"
  readonly items: Array<Value>
}

/** A named class or function that the allow-list knows. */
export interface Known {
  readonly kind: "known"
  readonly name: string
  /** What calling it gives; undefined where it is only named, as a dtype is. */
  readonly call?: (args: ReadonlyArray<Value>) => Value
}

/** An object that a {@link Known} made. */
export interface Made {
  readonly kind: "made"
  readonly name: string
  /** What it stands for: a tensor, a storage, an array; undefined where that is nothing weights need. */
  content: Content | undefined
  /** Takes its state over; a state is passed over where this is missing. */
  readonly build?: (state: Value) => void
}

/** A dict; also an OrderedDict. Keys that are no primitives count by identity. */
export type Dict = Map<Value, Value>

/** What a pickle holds. A set is a tuple of its members. */
export type Value = null | boolean | number | bigint | string | Uint8Array | Sequence | Dict | Known | Made

/** What the machine may know of the world outside. */
export interface World {
  /** The class or function of a name (`torch.FloatStorage`), undefined where it is not allowed. */
  readonly known: (name: string) => Known | undefined
  /** What a persistent id stands for. */
  readonly persistent: (id: Value) => Value
}

export const isSequence = (value: Value | undefined): value is Sequence =>
  typeof value === "object" && value !== null && "items" in value
export const isDict = (value: Value | undefined): value is Dict => value instanceof Map
export const isMade = (value: Value | undefined): value is Made =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "made"
export const isKnown = (value: Value | undefined): value is Known =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "known"

/** A tuple of these values. */
export const tuple = (items: Array<Value>): Sequence => ({ kind: "tuple", items })

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
const utf8 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")

// No size or step in a checkpoint needs more; a longer one would take long to convert.
const longest = 1024

const long = (bytes: Uint8Array): number | bigint => {
  if (bytes.length > longest) throw new Malformed(`a whole number of ${bytes.length} bytes`)
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
  if ((bytes.at(-1) ?? 0) >= 128) value -= 1n << BigInt(8 * bytes.length)
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

const decimal = (text: string): number | bigint | boolean => {
  if (text === "00") return false
  if (text === "01") return true
  if (!/^-?\d{1,300}L?$/u.test(text)) throw new Malformed(`${JSON.stringify(text.slice(0, 40))} is no whole number`)
  const value = BigInt(text.replace("L", ""))
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

const quoted = (text: string): string => {
  const found = /^(['"])(.*)\1$/su.exec(text)
  if (found === null || (found[2] ?? "").includes("\\")) throw new Malformed("a quoted string of an old pickle")
  return found[2] ?? ""
}

const mark = Symbol("mark")

// Settings beside weights are small; what is large is written once.
const mostCopied = 2 ** 26

/** How much a call may copy of an argument, roughly in bytes. */
const weightOf = (value: Value): number =>
  typeof value === "string" ? value.length : isSequence(value) ? 8 * value.items.length : 0

/** Reads one pickle from where the cursor is, up to its end. */
export const read = (from: Cursor, world: World): Value => {
  const stack: Array<Value | typeof mark> = []
  const memo = new Map<number, Value>()
  const start = from.position()
  const top = (): Value => {
    const value = stack.at(-1)
    if (value === undefined || value === mark) throw new Malformed("the pickle's stack is empty")
    return value
  }
  const pop = (): Value => {
    const value = top()
    stack.pop()
    return value
  }
  const marked = (): Array<Value> => {
    const at = stack.lastIndexOf(mark)
    if (at < 0) throw new Malformed("the pickle's stack has no mark")
    const items = stack.splice(at + 1).filter((value) => value !== mark)
    stack.pop()
    return items
  }
  const recall = (index: number): Value => {
    const value = memo.get(index)
    if (value === undefined) throw new Malformed(`the pickle recalls ${index}, which it never kept`)
    return value
  }
  const named = (name: string): Known => {
    const found = world.known(name)
    if (found !== undefined) return found
    throw new Malformed(
      `it asks for ${JSON.stringify(name.slice(0, 200))}, which is not among what weights need`,
      "save the state dict alone: torch.save(model.state_dict(), file), or export to safetensors or ONNX",
    )
  }
  let spent = 0
  const called = (of: Value, args: Value): Value => {
    if (!isKnown(of) || of.call === undefined || !isSequence(args))
      throw new Malformed("the pickle calls what is no function")
    // What a call copies may be asked for many times over in a few bytes each.
    spent += args.items.reduce((sum: number, item) => sum + weightOf(item), 0)
    if (spent > mostCopied + 4 * (from.position() - start)) throw new Malformed("its pickle copies one thing too often")
    return of.call(args.items)
  }
  const put = (into: Value, items: ReadonlyArray<Value>) => {
    // Settings in dicts of a class of their own: they are not looked at.
    if (isMade(into)) return
    if (!isDict(into)) throw new Malformed("the pickle sets items of what is no dict")
    for (let i = 0; i + 1 < items.length; i += 2) into.set(items[i] ?? null, items[i + 1] ?? null)
  }
  const append = (into: Value, items: ReadonlyArray<Value>) => {
    if (isMade(into)) return
    if (!isSequence(into)) throw new Malformed("the pickle appends to what is no list")
    for (const item of items) into.items.push(item)
  }
  const build = (state: Value) => {
    const made = top()
    if (!isMade(made)) {
      if (isDict(made)) return
      throw new Malformed("the pickle sets attributes of what has none")
    }
    made.build?.(state)
  }

  for (;;) {
    const code = from.u8()
    switch (code) {
      case opcodes.PROTO: {
        const version = from.u8()
        if (version > 5) throw new Malformed(`a pickle of protocol ${version}; 5 is the newest known`)
        break
      }
      case opcodes.FRAME:
        from.u64()
        break
      case opcodes.STOP: {
        const value = pop()
        if (stack.length > 0) throw new Malformed("the pickle ends with values left over")
        return value
      }
      case opcodes.MARK:
        stack.push(mark)
        break
      case opcodes.POP:
        if (stack.pop() === undefined) throw new Malformed("the pickle's stack is empty")
        break
      case opcodes.POP_MARK:
        marked()
        break
      case opcodes.DUP:
        stack.push(top())
        break
      case opcodes.NONE:
        stack.push(null)
        break
      case opcodes.NEWTRUE:
        stack.push(true)
        break
      case opcodes.NEWFALSE:
        stack.push(false)
        break
      case opcodes.INT:
      case opcodes.LONG:
        stack.push(decimal(latin1(from.line())))
        break
      case opcodes.BININT:
        stack.push(from.i32())
        break
      case opcodes.BININT1:
        stack.push(from.u8())
        break
      case opcodes.BININT2:
        stack.push(from.u16())
        break
      case opcodes.LONG1:
        stack.push(long(from.take(from.u8())))
        break
      case opcodes.LONG4:
        stack.push(long(from.take(from.u32())))
        break
      case opcodes.FLOAT:
        stack.push(Number(latin1(from.line())))
        break
      case opcodes.BINFLOAT:
        stack.push(from.f64())
        break
      case opcodes.STRING:
        stack.push(quoted(latin1(from.line())))
        break
      case opcodes.BINSTRING:
        stack.push(latin1(from.take(from.u32())))
        break
      case opcodes.SHORT_BINSTRING:
        stack.push(latin1(from.take(from.u8())))
        break
      case opcodes.UNICODE:
        stack.push(utf8(from.line()))
        break
      case opcodes.BINUNICODE:
        stack.push(utf8(from.take(from.u32())))
        break
      case opcodes.SHORT_BINUNICODE:
        stack.push(utf8(from.take(from.u8())))
        break
      case opcodes.BINUNICODE8:
        stack.push(utf8(from.take(from.u64())))
        break
      case opcodes.BINBYTES:
        stack.push(from.take(from.u32()))
        break
      case opcodes.SHORT_BINBYTES:
        stack.push(from.take(from.u8()))
        break
      case opcodes.BINBYTES8:
      case opcodes.BYTEARRAY8:
        stack.push(from.take(from.u64()))
        break
      case opcodes.EMPTY_LIST:
        stack.push({ kind: "list", items: [] })
        break
      case opcodes.LIST:
        stack.push({ kind: "list", items: marked() })
        break
      case opcodes.EMPTY_TUPLE:
      case opcodes.EMPTY_SET:
        stack.push(tuple([]))
        break
      case opcodes.TUPLE:
      case opcodes.FROZENSET:
        stack.push(tuple(marked()))
        break
      case opcodes.TUPLE1:
        stack.push(tuple([pop()]))
        break
      case opcodes.TUPLE2: {
        const second = pop()
        stack.push(tuple([pop(), second]))
        break
      }
      case opcodes.TUPLE3: {
        const third = pop()
        const second = pop()
        stack.push(tuple([pop(), second, third]))
        break
      }
      case opcodes.EMPTY_DICT:
        stack.push(new Map())
        break
      case opcodes.DICT: {
        const dict: Dict = new Map()
        put(dict, marked())
        stack.push(dict)
        break
      }
      case opcodes.APPEND: {
        const item = pop()
        append(top(), [item])
        break
      }
      case opcodes.APPENDS:
      case opcodes.ADDITEMS: {
        const items = marked()
        append(top(), items)
        break
      }
      case opcodes.SETITEM: {
        const value = pop()
        const key = pop()
        put(top(), [key, value])
        break
      }
      case opcodes.SETITEMS: {
        const items = marked()
        put(top(), items)
        break
      }
      case opcodes.PUT:
        memo.set(Number(decimal(latin1(from.line()))), top())
        break
      case opcodes.BINPUT:
        memo.set(from.u8(), top())
        break
      case opcodes.LONG_BINPUT:
        memo.set(from.u32(), top())
        break
      case opcodes.MEMOIZE:
        memo.set(memo.size, top())
        break
      case opcodes.GET:
        stack.push(recall(Number(decimal(latin1(from.line())))))
        break
      case opcodes.BINGET:
        stack.push(recall(from.u8()))
        break
      case opcodes.LONG_BINGET:
        stack.push(recall(from.u32()))
        break
      case opcodes.GLOBAL: {
        const module = utf8(from.line())
        stack.push(named(`${module}.${utf8(from.line())}`))
        break
      }
      case opcodes.STACK_GLOBAL: {
        const name = pop()
        const module = pop()
        if (typeof name !== "string" || typeof module !== "string") throw new Malformed("a global without a name")
        stack.push(named(`${module}.${name}`))
        break
      }
      case opcodes.REDUCE:
      case opcodes.NEWOBJ: {
        const args = pop()
        stack.push(called(pop(), args))
        break
      }
      case opcodes.BUILD: {
        const state = pop()
        build(state)
        break
      }
      case opcodes.BINPERSID:
        stack.push(world.persistent(pop()))
        break
      default:
        throw new Malformed(`an unknown opcode (${code}) at byte ${from.position() - 1} of the pickle`)
    }
  }
}

/** Reads the pickle that some bytes begin with. */
export const readBytes = (bytes: Uint8Array, what: string, world: World): Value => read(cursor(bytes, what), world)
