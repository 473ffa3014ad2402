/**
 * An upstream edit that changes nothing: how many tasks each tool runs again.
 * A chain of sources that are cleaned (white space at the ends is no part of
 * them), joined and scored: the edit adds a blank line to one source. The second
 * edit adds a comment to the code that every join runs.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { executed, has, remove, run } from "./command.ts"
import { writeInputs } from "./Dag.ts"
import { print } from "./table.ts"

const home = fileURLToPath(new URL("../..", import.meta.url))
const size = { models: 4, sets: 3 }
const models = Array.from({ length: size.models }, (_, i) => `model${i}`)
const sets = Array.from({ length: size.sets }, (_, i) => `set${i}`)
const sources = [...models, ...sets]
const all = models.flatMap((model) => sets.map((set) => [model, set] as const))
/** Cleaned sources, joins, scores, one total. */
const tasks = sources.length + 2 * all.length + 1

interface Peer {
  readonly name: string
  readonly available: () => boolean
  readonly prepare: (folder: string) => void
  readonly build: (folder: string) => void
}

// Each task says that it has run. A task that cleans writes only where that changes something, as restat needs it.
const scripts = {
  "clean.sh": `echo clean >> log; sed -e 's/ *$//' -e '/^$/d' "$1" > "$2.new"; cmp -s "$2.new" "$2" && rm "$2.new" || mv "$2.new" "$2"`,
  "join.sh": `out="$1"; shift; echo join >> log; cat "$@" > "$out.new"; cmp -s "$out.new" "$out" && rm "$out.new" || mv "$out.new" "$out"`,
}

const files = (folder: string) => {
  mkdirSync(join(folder, "out"), { recursive: true })
  writeInputs(join(folder, "data"), size)
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
}

const ninja = (restat: boolean): Peer => ({
  name: restat ? "ninja, restat" : "ninja",
  available: () => has("ninja"),
  prepare: (folder) => {
    files(folder)
    const option = restat ? "\n  restat = 1" : ""
    writeFileSync(
      join(folder, "build.ninja"),
      [
        `rule clean\n  command = ./clean.sh $in $out${option}`,
        `rule join\n  command = ./join.sh $out $in${option}`,
        ...sources.map((name) => `build out/${name}: clean data/${name} | clean.sh`),
        ...all.map(([m, s]) => `build out/${m}-${s}.f: join out/${m} out/${s} | join.sh`),
        ...all.map(([m, s]) => `build out/${m}-${s}.s: join out/${m}-${s}.f | join.sh`),
        `build out/total: join ${all.map(([m, s]) => `out/${m}-${s}.s`).join(" ")} | join.sh`,
        "",
      ].join("\n"),
    )
  },
  build: (folder) => void run(folder, "ninja", ["--quiet"]),
})

const make: Peer = {
  name: "make",
  available: () => has("make"),
  prepare: (folder) => {
    files(folder)
    writeFileSync(
      join(folder, "Makefile"),
      [
        `out/total: ${all.map(([m, s]) => `out/${m}-${s}.s`).join(" ")} join.sh\n\t./join.sh $@ $(filter-out join.sh,$^); touch $@`,
        ...sources.map((name) => `out/${name}: data/${name} clean.sh\n\t./clean.sh $< $@; touch $@`),
        ...all.map(
          ([m, s]) => `out/${m}-${s}.f: out/${m} out/${s} join.sh\n\t./join.sh $@ $(filter-out join.sh,$^); touch $@`,
        ),
        ...all.map(([m, s]) => `out/${m}-${s}.s: out/${m}-${s}.f join.sh\n\t./join.sh $@ $<; touch $@`),
        "",
      ].join("\n"),
    )
  },
  build: (folder) => void run(folder, "make", ["-s"]),
}

const snakemake: Peer = {
  name: "snakemake",
  available: () => has("snakemake"),
  prepare: (folder) => {
    files(folder)
    writeFileSync(
      join(folder, "Snakefile"),
      `
MODELS = [f"model{i}" for i in range(${size.models})]
SETS = [f"set{i}" for i in range(${size.sets})]
rule total:
    input: files=expand("out/{m}-{s}.s", m=MODELS, s=SETS), script="join.sh"
    output: "out/total"
    shell: "./join.sh {output} {input.files}"
rule clean:
    input: file="data/{name}", script="clean.sh"
    output: "out/{name,[a-z]+[0-9]+}"
    shell: "./clean.sh {input.file} {output}"
rule extract:
    input: files=["out/{m}", "out/{s}"], script="join.sh"
    output: "out/{m}-{s}.f"
    shell: "./join.sh {output} {input.files}"
rule score:
    input: files="out/{m}-{s}.f", script="join.sh"
    output: "out/{m}-{s}.s"
    shell: "./join.sh {output} {input.files}"
`,
    )
  },
  build: (folder) => void run(folder, "snakemake", ["-j2", "--quiet", "--nolock"]),
}

const wireit: Peer = {
  name: "wireit",
  available: () => true,
  prepare: (folder) => {
    files(folder)
    symlinkSync(join(home, "node_modules"), join(folder, "node_modules"), "dir")
    const script = (
      command: string,
      inputs: ReadonlyArray<string>,
      output: string,
      dependencies: ReadonlyArray<string>,
    ) => ({
      command,
      files: inputs,
      output: [output],
      ...(dependencies.length === 0 ? {} : { dependencies }),
    })
    const wired: Record<string, unknown> = {}
    for (const name of sources)
      wired[name] = script(`./clean.sh data/${name} out/${name}`, [`data/${name}`, "clean.sh"], `out/${name}`, [])
    for (const [m, s] of all) {
      wired[`${m}-${s}-f`] = script(`./join.sh out/${m}-${s}.f out/${m} out/${s}`, ["join.sh"], `out/${m}-${s}.f`, [
        m,
        s,
      ])
      wired[`${m}-${s}-s`] = script(`./join.sh out/${m}-${s}.s out/${m}-${s}.f`, ["join.sh"], `out/${m}-${s}.s`, [
        `${m}-${s}-f`,
      ])
    }
    const scores = all.map(([m, s]) => `${m}-${s}`)
    wired["total"] = script(
      `./join.sh out/total ${scores.map((name) => `out/${name}.s`).join(" ")}`,
      ["join.sh"],
      "out/total",
      scores.map((name) => `${name}-s`),
    )
    const names = Object.fromEntries(Object.keys(wired).map((name) => [name, "wireit"]))
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "chain", scripts: names, wireit: wired }))
  },
  build: (folder) => void run(folder, "npm", ["run", "-s", "total"], { WIREIT_PARALLEL: "2", WIREIT_CACHE: "local" }),
}

const touch = (folder: string) => {
  const file = join(folder, "data", "model0")
  writeFileSync(file, `${readFileSync(file, "utf8")}\n`)
}

const comment = (file: string, mark: string) =>
  writeFileSync(file, readFileSync(file, "utf8").replace(/\n|$/, `\n${mark} a comment\n`))

/** Runs of tasks since the log was last removed. */
const logged = (folder: string): number => {
  try {
    return readFileSync(join(folder, "log"), "utf8")
      .split("\n")
      .filter((line) => line !== "").length
  } catch {
    return 0
  }
}

const counted = (peer: Peer): ReadonlyArray<string> => {
  if (!peer.available()) return [peer.name, "not here"]
  const folder = mkdtempSync(join(tmpdir(), "cutoff-"))
  const runs = () => {
    rmSync(join(folder, "log"), { force: true })
    peer.build(folder)
    return String(logged(folder))
  }
  peer.prepare(folder)
  const row = [peer.name, runs(), runs()]
  touch(folder)
  row.push(runs())
  comment(join(folder, "join.sh"), "#")
  row.push(runs())
  remove(folder)
  return row
}

/** The same in Rankshift: a copy of the project, of which the stages are edited. */
const ours = (): ReadonlyArray<string> => {
  const folder = mkdtempSync(join(tmpdir(), "cutoff-"))
  for (const part of ["src", "stages", "package.json", "tsconfig.json", "node_modules"])
    symlinkSync(join(home, part), join(folder, part))
  mkdirSync(join(folder, "bench/engine"), { recursive: true })
  for (const name of ["pipeline.ts", "stages.ts"]) {
    writeFileSync(join(folder, "bench/engine", name), readFileSync(join(home, "bench/engine", name)))
  }
  writeInputs(join(folder, "data"), size)
  const env = { MODELS: String(size.models), SETS: String(size.sets), DATA: join(folder, "data") }
  const runs = () => {
    const args = [
      "--import",
      "tsx",
      "--preserve-symlinks",
      "bench/engine/pipeline.ts",
      "run",
      "--json",
      "--cache",
      join(folder, "cache"),
    ]
    const { out } = run(folder, process.execPath, args, env)
    return String(executed(out))
  }
  const row = ["rankshift", runs(), runs()]
  touch(folder)
  row.push(runs())
  comment(join(folder, "bench/engine/stages.ts"), "//")
  row.push(runs())
  remove(folder)
  return row
}

/** Prints how many tasks each tool ran. */
export const cutoff = (): void =>
  print(
    `edits that change nothing; tasks run, of ${tasks}`,
    ["tool", "cold", "again", "blank line in a source", "comment in the code"],
    [ours(), ...[ninja(true), ninja(false), make, snakemake, wireit].map(counted)],
  )
