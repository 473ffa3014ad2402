import type { Value } from "./GraphParts.ts"

/** The names of values: those of a model's ports as they are, all others unique. */
export class Names {
  readonly #taken = new Set<string>()
  readonly #names = new Map<Value, string>()
  readonly #counts = new Map<string, number>()

  /** Keeps a name from being given. */
  reserve(name: string): void {
    this.#taken.add(name)
  }

  /** Whether a value has a name. */
  has(value: Value): boolean {
    return this.#names.has(value)
  }

  /** Gives a value a name that something else defines. */
  alias(value: Value, name: string): void {
    this.#names.set(value, name)
  }

  /** Takes a name for a port. Throws where something else has it. */
  claim(name: string): void {
    if (this.#taken.has(name)) throw new Error(`two values of a graph are called ${name}`)
    this.reserve(name)
  }

  /** Gives a value, if it has no name yet, one like `hint` that nothing else has. */
  give(value: Value, hint: string): void {
    if (!this.has(value)) this.alias(value, this.fresh(hint))
  }

  /** A name like `hint` that nothing else has or will get. */
  fresh(hint: string): string {
    let count = this.#counts.get(hint) ?? 0
    let name: string
    do name = count++ === 0 ? hint : `${hint}_${count}`
    while (this.#taken.has(name))
    this.#counts.set(hint, count)
    this.reserve(name)
    return name
  }

  /** The name of a value. Throws where it has none: it is used before it is made. */
  of(value: Value): string {
    const name = this.#names.get(value)
    if (name === undefined) throw new Error(`a graph uses ${value.hint} before it is made, or of another graph`)
    return name
  }
}
