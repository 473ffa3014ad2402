/** The small project that the soak edits: its files on disk, what they say, and what must come of that. */
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Random } from "../../stages/random.ts"
import { makeProject, type Project } from "./project.ts"

const fixture = join("test", "fixtures", "soak")

/** The params in `params.json`. */
export interface Params {
  readonly by: number
  readonly first: number
  readonly second: number
  readonly div: number
}

/** Stages with a constant in their code that can be edited. */
export const edited = ["parse", "scale", "shift", "total"] as const
type Edited = (typeof edited)[number]

const sets = ["a", "b"] as const
type SetName = (typeof sets)[number]

/** All that the results depend on. */
export interface World {
  readonly project: Project
  readonly folder: string
  readonly params: Params
  readonly write: (params: Params) => void
  /** Gives a stage's code another constant. */
  readonly editCode: (stage: Edited, constant: number) => void
  /** Gives the helper that several stages share another modulus. */
  readonly editHelper: (modulus: number) => void
  /** Adds a comment to a stage's code, which changes nothing. */
  readonly comment: (stage: Edited, text: string) => void
  readonly names: () => ReadonlyArray<string>
  readonly file: (name: string) => string
  readonly contentOf: (name: string) => string
  /** Writes a data file, in place or by way of another name. */
  readonly put: (name: string, content: string, inPlace: boolean) => void
  readonly remove: (name: string) => void
  readonly rename: (from: string, to: string) => void
  readonly touch: (name: string) => void
  readonly label: (name: string, label: number | undefined) => void
  /** Lets the data's link lead to the other folder. */
  readonly flip: () => void
  /** What the table must hold: values and rows of each sum. */
  readonly table: () => ReadonlyArray<Row>
}

/** One sum of the table. */
export interface Row {
  readonly value: number
  readonly rows: number
}

interface Numbered {
  readonly id: string
  readonly value: number
}

/** A copy of the project with the soak's pipeline, and data to begin with. */
export const makeWorld = (random: Random): World => {
  const project = makeProject()
  cpSync(fileURLToPath(new URL(`../../${fixture}`, import.meta.url)), join(project.folder, fixture), {
    recursive: true,
  })
  const folder = join(project.folder, fixture)
  const at = (...path: ReadonlyArray<string>) => join(folder, ...path)
  const data = { a: new Map<string, string>(), b: new Map<string, string>() }
  const labels = new Map<string, number>()
  const constants = { parse: 1, scale: 2, shift: 3, total: 4 }
  let modulus = 1_000_003
  let params: Params = { by: 3, first: 10, second: 20, div: 4 }
  let current: SetName = "a"

  const link = (to: SetName) => {
    symlinkSync(`set-${to}`, at("data.new"))
    renameSync(at("data.new"), at("data"))
    current = to
  }
  const fileOf = (name: string, set: SetName = current) => at(`set-${set}`, name)
  const writeParams = (next: Params) => {
    params = next
    writeFileSync(at("params.json"), JSON.stringify(next))
  }
  const writeLabels = () =>
    writeFileSync(at("labels.csv"), ["id,label", ...[...labels].map((row) => row.join())].join("\n"))
  const replace = (file: string, before: RegExp, after: string) => {
    const text = readFileSync(file, "utf8")
    if (!before.test(text)) throw new Error(`${file} does not hold ${before.source}`)
    writeFileSync(file, text.replace(before, after))
  }
  const put = (name: string, content: string, inPlace: boolean, set: SetName = current) => {
    const file = fileOf(name, set)
    mkdirSync(dirname(file), { recursive: true })
    if (inPlace) writeFileSync(file, content)
    else {
      writeFileSync(at("new"), content)
      renameSync(at("new"), file)
    }
    data[set].set(name, content)
  }

  for (const set of sets) {
    for (let i = 0; i < 24; i++)
      put(`${i % 4}/${String(i).padStart(3, "0")}.txt`, String(random.below(1000)), true, set)
  }
  for (const name of data.a.keys()) if (random.chance(0.7)) labels.set(name, random.below(10))
  labels.set("none/000.txt", 1)
  writeLabels()
  writeParams(params)
  link("a")

  const reduce = (value: number) => ((value % modulus) + modulus) % modulus
  const weightOf = (id: string) => [...id].reduce((weight, c) => reduce(weight * 31 + c.charCodeAt(0)), 7)
  const sum = (rows: ReadonlyArray<Numbered>): Row => ({
    value: rows.reduce((before, { id, value }) => reduce(before + weightOf(id) * value), constants.total),
    rows: rows.length,
  })
  const scaled = (rows: ReadonlyArray<Numbered>, by: number) =>
    rows.map(({ id, value }) => ({ id, value: reduce(value * by + constants.scale) }))
  const shifted = (rows: ReadonlyArray<Numbered>, add: number) =>
    rows.map(({ id, value }) => ({ id, value: reduce(value + add + constants.shift) }))

  return {
    project,
    folder,
    get params() {
      return params
    },
    write: writeParams,
    editCode: (stage, constant) => {
      constants[stage] = constant
      replace(at("stages", `${stage}.ts`), /^const constant = \d+$/m, `const constant = ${constant}`)
    },
    editHelper: (next) => {
      modulus = next
      replace(at("stages", "modulus.ts"), /modulus = [\d_]+$/m, `modulus = ${next}`)
    },
    comment: (stage, text) => replace(at("stages", `${stage}.ts`), /$/, `// ${text}\n`),
    names: () => [...data[current].keys()].sort(),
    file: fileOf,
    contentOf: (name) => data[current].get(name) ?? "",
    put,
    remove: (name) => {
      unlinkSync(fileOf(name))
      data[current].delete(name)
    },
    rename: (from, to) => {
      const content = data[current].get(from)
      if (content === undefined || from === to) return
      mkdirSync(dirname(fileOf(to)), { recursive: true })
      renameSync(fileOf(from), fileOf(to))
      data[current].delete(from)
      data[current].set(to, content)
    },
    touch: (name) => utimesSync(fileOf(name), new Date(), lstatSync(fileOf(name)).mtime),
    label: (name, label) => {
      if (label === undefined) labels.delete(name)
      else labels.set(name, label)
      writeLabels()
    },
    flip: () => link(current === "a" ? "b" : "a"),
    table: () => {
      const { by, div, first, second } = params
      const parsed = [...data[current]]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, content]) => ({ id, value: Number.parseInt(content, 10) + constants.parse }))
        .filter(({ value }) => !Number.isNaN(value))
      const [one, two] = [shifted(scaled(parsed, by), first), shifted(scaled(parsed, by), second)]
      const kept = one.filter(({ value }) => value % div !== 0)
      const beside = sum(two)
      const scored = two.filter(({ id }) => labels.has(id))
      return [
        sum(parsed),
        sum(one),
        beside,
        sum(scaled(shifted(kept, first + beside.value), by + 1)),
        {
          value: scored.reduce((before, { id, value }) => reduce(before + value * (labels.get(id) ?? 0)), 0),
          rows: scored.length,
        },
      ]
    },
  }
}

/** Removes a link or a file, there or not. */
export const without = (file: string): void => rmSync(file, { force: true })
