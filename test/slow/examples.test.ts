// The examples as a user types them, one process each, over one store.
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"

const home = fileURLToPath(new URL("../../", import.meta.url))
const cache = mkdtempSync(join(tmpdir(), "examples-"))
afterAll(() => rmSync(cache, { recursive: true, force: true }))

const type = (example: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>((resolve, reject) => {
    const { FORCE_COLOR: _, ...env } = process.env
    const line = ["--import", "tsx", `examples/${example}.ts`, ...args, "--cache", cache]
    const child = spawn(process.execPath, line, { cwd: home, env: { ...env, NO_COLOR: "1" } })
    let [out, err] = ["", ""]
    child.stdout.on("data", (data: Buffer) => (out += data.toString()))
    child.stderr.on("data", (data: Buffer) => (err += data.toString()))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, out, err }))
  })

/** The percentages of the printed table, by model and column. */
const scores = (out: string) => {
  const [, section = ""] = out.split("Scores, in percent\n")
  const [head = "", ...lines] = (section.split("\n\n")[0] ?? "").split("\n")
  const cells = (line: string) => line.trim().split(/ {2,}/)
  const [, ...columns] = cells(head)
  return new Map(
    lines.map((line) => {
      const [model = "", ...values] = cells(line)
      return [model, new Map(values.map((value, at) => [columns[at] ?? "", Number(value)]))] as const
    }),
  )
}

const ran = async (example: string) => {
  const { code, err, out } = await type(example, "run")
  expect([code, code === 0 ? "" : err]).toEqual([0, ""])
  const table = scores(out)
  return (model: string, column: string) => {
    const value = table.get(model)?.get(column)
    expect(value, `${model}, ${column}`).toBeGreaterThan(0)
    return value ?? Number.NaN
  }
}

describe("the examples print their tables", () => {
  it("label-quantity: more labels are worth more", async () => {
    const cell = await ran("label-quantity")
    for (const model of ["hog", "gabor", "randomConv3", "pcaFilters"]) {
      expect(cell(model, "2400 labels")).toBeGreaterThan(cell(model, "300 labels"))
    }
  })

  it("fusion: a row a representation, fused ones too", async () => {
    const cell = await ran("fusion")
    for (const model of ["photo", "sketch", "hog", "photo & sketch", "photo & hog", "all three"]) {
      cell(model, "validation")
      cell(model, "v2")
    }
  })

  it("corruption: a column a kind, none far above the clean images", async () => {
    const cell = await ran("corruption")
    for (const kind of ["resize", "downsample-2x", "downsample-4x", "jpeg-10", "salt-pepper"]) {
      for (const model of ["hog", "gabor", "pcaFilters"]) {
        expect(cell(model, kind)).toBeLessThan(cell(model, "clean") + 3)
      }
    }
  })

  it("granularity: coarser is easier, and the tables by class can be seen", async () => {
    const cell = await ran("granularity")
    for (const model of ["colourHistogram", "hog", "gabor", "pcaFilters"]) {
      expect(cell(model, "family")).toBeGreaterThan(cell(model, "kind"))
      expect(cell(model, "realm")).toBeGreaterThan(cell(model, "family"))
    }
    const changes = await type("granularity", "show", "changes", "--format", "csv")
    expect(changes.out).toMatch(/improved/)
    const hardness = await type("granularity", "show", "hardness", "--format", "csv")
    expect(hardness.out).toMatch(/kind,spearman,hog,gabor,/)
  })

  it("probes: a column a protocol, and their correlations can be seen", async () => {
    const cell = await ran("probes")
    for (const protocol of ["linear", "linear raw", "linear l2", "logistic", "knn", "few-shot 1", "few-shot 2"]) {
      cell("pcaFilters", protocol)
    }
    const { out } = await type("probes", "show", "agreement", "--format", "csv")
    expect(out).toMatch(/spearman,linear,knn,/)
  })

  it("domain-matrix: a row a domain of pretraining, a column one of evaluation", async () => {
    const cell = await ran("domain-matrix")
    for (const domain of ["photo", "rendition", "sketch"]) {
      expect(cell(domain, domain)).toBeGreaterThan(cell("untrained", domain))
    }
  })

  it("lottery: six sets, and verdicts; a second run computes nothing", async () => {
    const cell = await ran("lottery")
    for (const set of ["validation", "real", "v2", "rendition", "sketch", "adversarial"]) cell("pcaFilters", set)
    const again = await type("lottery", "run")
    expect(again.out).toMatch(/Which differences are real\?/)
    expect(again.out).toMatch(/nodes are fresh, nothing to do/)
  })
})
