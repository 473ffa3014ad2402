import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { has, run } from "./command.ts"
import { nodes, pairs, type Size, writeInputs } from "./Dag.ts"

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** A program that brings the DAG's results up to date. */
export interface Tool {
  readonly name: string
  readonly available: () => boolean
  /** Writes its description of the DAG into a folder, beside the inputs in `data`. */
  readonly prepare: (folder: string, size: Size) => void
  /** Brings everything up to date; gives seconds. */
  readonly build: (folder: string, size: Size) => number
}

const prepared = (describe: (folder: string, size: Size) => void) => (folder: string, size: Size) => {
  mkdirSync(join(folder, "out"), { recursive: true })
  writeInputs(join(folder, "data"), size)
  describe(folder, size)
}

// Packages in the middle of the search for modules would be timed with the tool.
const node = process.execPath

export const rankshift: Tool = {
  name: "rankshift",
  available: () => true,
  prepare: prepared(() => undefined),
  build: (folder, { models, sets }) =>
    run(here("../.."), node, ["--import", "tsx", here("pipeline.ts"), "run", "--cache", join(folder, "cache")], {
      MODELS: String(models),
      SETS: String(sets),
      DATA: join(folder, "data"),
    }).seconds,
}

export const ninja: Tool = {
  name: "ninja",
  available: () => has("ninja"),
  prepare: prepared((folder, size) => {
    const all = pairs(size).map(
      ([model, set]) => [`out/${model}-${set}.f`, `out/${model}-${set}.s`, model, set] as const,
    )
    writeFileSync(
      join(folder, "build.ninja"),
      [
        "rule join\n  command = cat $in > $out",
        ...all.map(([f, s, model, set]) => `build ${f}: join data/${model} data/${set}\nbuild ${s}: join ${f}`),
        `rule total\n  command = cat $out.rsp | xargs cat > $out\n  rspfile = $out.rsp\n  rspfile_content = $in_newline`,
        `build out/total: total ${all.map(([, s]) => s).join(" ")}`,
        "",
      ].join("\n"),
    )
  }),
  build: (folder) => run(folder, "ninja", ["-j2", "--quiet"]).seconds,
}

export const make: Tool = {
  name: "make",
  available: () => has("make"),
  prepare: prepared((folder, size) => {
    const all = pairs(size).map(
      ([model, set]) => [`out/${model}-${set}.f`, `out/${model}-${set}.s`, model, set] as const,
    )
    writeFileSync(
      join(folder, "Makefile"),
      [
        `out/total: ${all.map(([, s]) => s).join(" ")}\n\tfind out -name '*.s' | sort | xargs cat > $@`,
        ...all.map(([f, s, model, set]) => `${f}: data/${model} data/${set}\n\tcat $^ > $@\n${s}: ${f}\n\tcat $^ > $@`),
        "",
      ].join("\n"),
    )
  }),
  build: (folder) => run(folder, "make", ["-j2", "-s"]).seconds,
}

export const snakemake: Tool = {
  name: "snakemake",
  available: () => has("snakemake"),
  prepare: prepared((folder, { models, sets }) =>
    writeFileSync(
      join(folder, "Snakefile"),
      `
MODELS = [f"model{i}" for i in range(${models})]
SETS = [f"set{i}" for i in range(${sets})]
rule total:
    input: expand("out/{m}-{s}.s", m=MODELS, s=SETS)
    output: "out/total"
    shell: "find out -name '*.s' | sort | xargs cat > {output}"
rule extract:
    input: "data/{m}", "data/{s}"
    output: "out/{m}-{s}.f"
    shell: "cat {input} > {output}"
rule score:
    input: "out/{m}-{s}.f"
    output: "out/{m}-{s}.s"
    shell: "cat {input} > {output}"
`,
    ),
  ),
  build: (folder) => run(folder, "snakemake", ["-j2", "--quiet", "--nolock"]).seconds,
}

export const joblib: Tool = {
  name: "joblib",
  available: () => has("/usr/bin/python3", ["-c", "import joblib"]),
  prepare: prepared((folder, { models, sets }) =>
    writeFileSync(
      join(folder, "build.py"),
      `
from joblib import Memory
memory = Memory("out/joblib", verbose=0)

def read(name):
    with open("data/" + name) as file:
        return file.read().strip()

@memory.cache
def extract(model, images):
    return model + " " + images

@memory.cache
def score(features):
    return features

@memory.cache
def total(scores):
    return " ".join(scores)

sets = [read(f"set{i}") for i in range(${sets})]
models = [read(f"model{i}") for i in range(${models})]
total([score(extract(m, s)) for m in models for s in sets])
`,
    ),
  ),
  build: (folder) => run(folder, "/usr/bin/python3", ["build.py"]).seconds,
}

/** No tool at all: a loop that gives a node two small files, each written under another name and renamed. */
export const files: Tool = {
  name: "bare files",
  available: () => true,
  prepare: prepared((folder) =>
    writeFileSync(
      join(folder, "files.mjs"),
      `
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs"
for (let i = 0; i < 256; i++) mkdirSync("out/" + i, { recursive: true })
for (let i = 0; i < 2 * Number(process.argv[2]); i++) {
  const name = "out/" + (i % 256) + "/" + i
  if (existsSync(name)) continue
  const file = openSync("out/new", "wx")
  writeSync(file, "some text " + i)
  closeSync(file)
  renameSync("out/new", name)
}
`,
    ),
  ),
  build: (folder, size) => run(folder, node, ["files.mjs", String(nodes(size))]).seconds,
}

/** Rankshift first, then its peers. */
export const tools: ReadonlyArray<Tool> = [rankshift, files, ninja, make, snakemake, joblib]
