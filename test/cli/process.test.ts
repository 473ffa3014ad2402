import { describe, expect, it } from "@effect/vitest"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll } from "vitest"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const pipeline = here("tiny/pipeline.ts")
const command = here("../../bin/pipeline.js")
const folder = mkdtempSync(join(tmpdir(), "pipeline-"))
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Settings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Sends SIGINT once this has been written. */
  readonly interruptAt?: string
}

const start = (args: ReadonlyArray<string>, settings: Settings = {}) =>
  new Promise<Ended>((resolve) => {
    const { FORCE_COLOR: _, ...env } = process.env
    const child = spawn(process.execPath, args, { cwd: settings.cwd, env: { ...env, ...settings.env } })
    let [out, err] = ["", ""]
    child.stdout.on("data", (data: Buffer) => {
      out += data.toString()
      if (settings.interruptAt !== undefined && out.includes(settings.interruptAt)) child.kill("SIGINT")
    })
    child.stderr.on("data", (data: Buffer) => (err += data.toString()))
    child.on("close", (code) => resolve({ code, out, err }))
  })

const tiny = (args: ReadonlyArray<string>, settings?: Settings) =>
  start(["--import", "tsx", pipeline, ...args], { cwd: here("."), ...settings })

describe("the command line of a pipeline", () => {
  it("lists its commands", async () => {
    const { code, out } = await tiny(["--help"])
    expect(code).toBe(0)
    for (const name of ["run", "graph", "status", "explain", "show", "log"])
      expect(out).toMatch(new RegExp(`^ +${name} `, "m"))
  })

  it("exits with 2 on wrong usage and says on standard error alone what is wrong", async () => {
    const { code, err, out } = await tiny(["run", "--jbs", "3"])
    expect([code, out]).toEqual([2, ""])
    expect(err).toContain("--jobs")
  })

  it("exits with 130 when it is interrupted, the trace closed, the finished work kept", async () => {
    const [cache, trace] = [join(folder, "interrupted"), join(folder, "trace.json")]
    const args = ["run", "--json", "--cache", cache]
    const broken = await tiny([...args, "--trace", trace], {
      env: { TINY_MILLIS: "1000" },
      interruptAt: '"started","node":"times(x1)"',
    })
    expect(broken.code).toBe(130)
    expect(broken.err).toContain("interrupted")
    expect(broken.out).not.toContain("summary")
    const entries: unknown = JSON.parse(readFileSync(trace, "utf8"))
    expect(entries).toContainEqual(
      expect.objectContaining({ name: "times(x1)", args: expect.objectContaining({ interrupted: true }) }),
    )
    const resumed = await tiny(args)
    expect(resumed.code).toBe(0)
    expect(resumed.out).toMatch(/"event":"cached","node":"numbers"/)
  })

  it("ends without a word when the reader of its output leaves", async () => {
    const shell = `"${process.execPath}" --import tsx "${pipeline}" graph --format json --cache "${join(folder, "x")}" | true; echo "\${PIPESTATUS[0]}"`
    const { stderr, stdout } = spawnSync("bash", ["-c", shell], { cwd: here("."), encoding: "utf8" })
    expect(stderr).not.toContain("EPIPE")
    expect(["0", "130"]).toContain(stdout.trim())
  })
})

const hasScript = spawnSync("script", ["--version"]).status === 0

describe.skipIf(!hasScript)("on a terminal", () => {
  const onTerminal = (env: Readonly<Record<string, string>>, args: string) => {
    const line = `stty cols 60 rows 20; "${process.execPath}" --import tsx "${pipeline}" ${args}`
    const { NO_COLOR: _, ...rest } = process.env
    return spawnSync("script", ["-qec", line, "/dev/null"], {
      cwd: here("."),
      encoding: "utf8",
      env: { ...rest, TERM: "xterm-256color", ...env },
      input: "",
    }).stdout
  }

  it("redraws one line a stage in place, in colours that NO_COLOR turns off; an Arrow file is not written there", () => {
    const cache = `--cache "${join(folder, "terminal")}"`
    const millis = { TINY_MILLIS: "30" }
    const coloured = onTerminal(millis, `run ${cache}`)
    // All stages have lines from the start, so as many are drawn over.
    expect(coloured).toContain("\u001b[3A")
    expect(coloured).toContain("\u001b[32m✓\u001b[39m  times")
    expect(coloured).toMatch(/tiny: 4 nodes executed, 0 cached, in .*\s*$/)
    const grey = onTerminal({ ...millis, NO_COLOR: "1" }, `run --force 'times*' ${cache}`)
    expect(grey).toMatch(/✓ {2}times +2\/2/)
    // oxlint-disable-next-line no-control-regex
    expect(grey).not.toMatch(/\u001b\[\d*m/)
    expect(onTerminal(millis, `show table --format arrow ${cache}`)).toContain("--output")
  })
})

describe("the pipeline command", () => {
  it("runs the pipeline of the working directory as if it had been named", async () => {
    const link = join(folder, "pipeline")
    symlinkSync(command, link)
    const { code, out } = await start([link, "graph", "--cache", join(folder, "bin")], { cwd: here("tiny") })
    expect(code).toBe(0)
    expect(out).toMatch(/^. table = board/)
  })

  it("exits with 2 where there is none, and passes other exit codes on", async () => {
    const none = await start([command, "run"], { cwd: folder })
    expect(none).toEqual({ code: 2, out: "", err: expect.stringContaining(`no pipeline.ts in ${folder}`) })
    expect((await start([command, "nonsense"], { cwd: here("tiny") })).code).toBe(2)
  })
})
