/** How many values are kept at most. */
const room = 240

/** A quantity over time in little room: when it is full, every second value goes and the distance doubles. */
export class Course {
  #values: Array<number> = []
  #distance = 1
  #seen = 0
  #now = 0
  #most = 0

  /** Takes the value of one more moment; moments are equally far apart. */
  add(value: number): void {
    this.#now = value
    this.#most = Math.max(this.#most, value)
    if (this.#seen % this.#distance === 0) this.#values.push(value)
    this.#seen++
    if (this.#values.length <= room) return
    this.#values = this.#values.filter((_, at) => at % 2 === 0)
    this.#distance *= 2
  }

  /** The last value, the greatest, and all that are kept with the last at the end. */
  get state(): { readonly now: number; readonly most: number; readonly course: ReadonlyArray<number> } {
    return { now: this.#now, most: this.#most, course: [...this.#values, this.#now] }
  }
}
