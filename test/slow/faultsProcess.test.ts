/**
 * What a user meets on the command line when the system refuses: real
 * processes, with the rights of nobody, with few handles, on a small disk. What
 * is said says what to do, and once the cause is gone nothing was lost.
 */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { random } from "../../stages/random.ts"
import { actions } from "./processes.ts"
import { filesIn } from "./soakDesk.ts"
import { makeWorld, type World } from "./soakWorld.ts"

let world: World
beforeAll(() => {
  world = makeWorld(random("faults"))
  chmodSync(world.project.folder, 0o755)
})
afterAll(() => world?.project.remove())

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Types a command, in front of which others may stand: `setpriv …`, `bash -c …`. */
const typed = (cache: string, args: ReadonlyArray<string>, before: ReadonlyArray<string> = []): Ended => {
  const own = [process.execPath, "--import", "tsx", "worker.ts", ...args, "--cache", cache]
  const [command = "", ...rest] = [...before, ...own]
  const { FORCE_COLOR: _, ...env } = process.env
  const { status, stderr, stdout } = spawnSync(command, rest, {
    cwd: world.folder,
    encoding: "utf8",
    env: { ...env, NO_COLOR: "1" },
  })
  return { code: status, out: stdout, err: stderr }
}

/** What a refused run must look like; says whether this one was. */
const refusal = ({ code, err }: Ended, message: string, hint: string): boolean => {
  if (code === 0) return false
  expect(code).toBe(1)
  expect(err).toContain(message)
  expect(err).toContain(`hint: ${hint}`)
  return true
}

/** A run that is well: all is there, sound, and right. */
const well = (cache: string, before: ReadonlyArray<string> = []) => {
  const ran = typed(cache, ["run"], before)
  expect([ran.code, ran.err.split("\n").filter((line) => /error|✗|hint/.test(line))]).toEqual([0, []])
  expect(typed(cache, ["verify"], before).code).toBe(0)
  const shown = typed(cache, ["show", "table", "--format", "json"], before)
  expect(JSON.parse(shown.out)).toEqual(world.table())
  expect(typed(cache, ["run"], before).out).toContain("nothing to do")
  expect(filesIn(join(cache, "tmp"))).toEqual([])
}

const cacheOf = (name: string) => join(world.folder, name)

const isRoot = process.getuid?.() === 0
const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
const canBeNobody = isRoot && spawnSync("setpriv", [...nobody.slice(1), "true"]).status === 0

describe.skipIf(!canBeNobody)("as a user without rights (needs root, who can become one)", () => {
  it("a cache of someone else can be looked at; what would have to be written is named", () => {
    const cache = cacheOf("others")
    expect(typed(cache, ["run"]).code).toBe(0)
    for (const args of [
      ["status"],
      ["graph"],
      ["verify"],
      ["show", "table"],
      ["explain", "table"],
      ["run", "--dry-run"],
    ]) {
      const { code, err } = typed(cache, args, nobody)
      expect([args, code, err]).toEqual([args, 0, err])
    }
    // Nothing is to be computed: that the run is not recorded is said, and no failure.
    const fresh = typed(cache, ["run"], nobody)
    expect([fresh.code, fresh.out]).toEqual([0, expect.stringContaining("nothing to do")])
    expect(fresh.err).toMatch(/the run is not recorded: .*permission denied/)
    const { code, err } = typed(cache, ["run", "--force", "total*"], nobody)
    expect(code).toBe(1)
    expect(err).toMatch(/permission denied/)
    expect(err).toContain(cache)
    expect(err).toMatch(/hint: give your user the right to read and write this folder, or use another cache/)
    for (const args of [["gc"], ["pin", "mine"]]) {
      const refused = typed(cache, args, nobody)
      expect([args, refused.code]).toEqual([args, refused.code === 0 ? 0 : 2])
      expect(refused.code === 0 ? "" : refused.err).toMatch(/^$|permission denied[^]*hint: give your user the right/)
    }
    well(cache)
  })

  it("a cache that may not even be read, and a folder in which none can be made", () => {
    const cache = cacheOf("secret")
    expect(typed(cache, ["run"]).code).toBe(0)
    chmodSync(cache, 0o700)
    for (const args of [["run"], ["status"], ["verify"], ["show", "table"]]) {
      const { code, err } = typed(cache, args, nobody)
      expect([args, code]).toEqual([args, 2])
      expect(err).toMatch(/error: .*permission denied[^]*hint: give your user the right to read and write this folder/)
    }
    const none = typed(join(cacheOf("nowhere"), "cache"), ["run"], nobody)
    expect(none.code).toBe(1)
    expect(none.err).toMatch(/permission denied[^]*hint: give your user the right/)
    chmodSync(cache, 0o755)
    well(cache)
  })

  it("data that may not be read: the file is named", () => {
    const cache = cacheOf("data-rights")
    mkdirSync(cache)
    chownSync(cache, 65534, 65534)
    const [file] = world.names().map((name) => world.file(name))
    if (file === undefined) throw new Error("there are no data")
    chmodSync(file, 0o000)
    const one = typed(cache, ["run"], nobody)
    chmodSync(file, 0o644)
    expect(one.code).toBe(1)
    expect(one.err).toMatch(/✗ files\(data\)\n.*\n {2}no permission to read this file/)
    expect(one.err).toContain(`data/${world.names()[0]}`)
    expect(one.err).toContain("hint: give your user the right to read it")
    well(cache, nobody)
  })
})

const disk = (size: string) => {
  const at = mkdtempSync(join(tmpdir(), "rankshift-disk-"))
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", at]).status === 0 ? at : undefined
}
const unmount = (at: string) => {
  spawnSync("umount", [at])
  rmSync(at, { recursive: true })
}
const probe = disk("64k")
if (probe !== undefined) unmount(probe)

describe.skipIf(probe === undefined)("on a disk of its own (needs the right to mount one)", () => {
  it("that is full: it is said with what to do, and the next run goes on", () => {
    const at = disk("64m")
    if (at === undefined) throw new Error("no disk")
    try {
      const cache = join(at, "cache")
      let refused = 0
      // Pages that are left when the run begins.
      for (const left of [0, 12, 40]) {
        rmSync(cache, { recursive: true, force: true })
        const ballast = join(at, "ballast")
        spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=4096"])
        spawnSync("truncate", ["-s", `-${left * 4096}`, ballast])
        const hint = "free some space (pipeline gc), or use a cache on another disk (--cache DIR)"
        if (refusal(typed(cache, ["run"]), "no space is left on the disk", hint)) refused++
        rmSync(ballast)
        well(cache)
      }
      expect(refused).toBeGreaterThan(1)
    } finally {
      unmount(at)
    }
  })

  it("that is read-only: it can be looked at, and what would have to be written is named", () => {
    const at = disk("64m")
    if (at === undefined) throw new Error("no disk")
    try {
      const cache = join(at, "cache")
      expect(typed(cache, ["run"]).code).toBe(0)
      spawnSync("mount", ["-o", "remount,ro", at])
      for (const args of [["status"], ["verify"], ["show", "table"], ["run", "--dry-run"], ["gc", "--dry-run"]]) {
        const { code, err } = typed(cache, args)
        expect([args, code, err]).toEqual([args, 0, err])
      }
      const fresh = typed(cache, ["run"])
      expect([fresh.code, fresh.out]).toEqual([0, expect.stringContaining("nothing to do")])
      const { code, err } = typed(cache, ["run", "--force", "total*"])
      expect(code).toBe(1)
      expect(err).toContain("the disk is read-only")
      expect(err).toContain("hint: use a cache on a disk that can be written (--cache DIR)")
      for (const args of [
        ["pin", "mine"],
        ["verify", "--repair"],
      ]) {
        const refused = typed(cache, args)
        expect([args, refused.err]).toEqual([args, expect.not.stringContaining("fault of the program")])
      }
      spawnSync("mount", ["-o", "remount,rw", at])
      well(cache)
    } finally {
      unmount(at)
    }
  })
})

describe("under the shell's limits", () => {
  const limited = (limit: string) => ["bash", "-c", `ulimit ${limit}; exec "$0" "$@"`]

  it("files that may not grow: it is said, and the next run goes on", () => {
    const cache = cacheOf("small-files")
    // Blocks of 1,024 bytes, some less than an artifact takes.
    const { code, err } = typed(cache, ["run"], limited("-f 1"))
    expect(code).toBe(1)
    expect(err).toContain("the file would be larger than is allowed")
    expect(err).toContain("hint: raise the limit on the size of files (ulimit -f)")
    well(cache)
  })

  it("few handles: it is said, and the next run goes on", () => {
    let refused = 0
    for (const handles of [28, 32, 48]) {
      const cache = cacheOf(`handles-${handles}`)
      const ran = typed(cache, ["run", "--jobs", "8"], limited(`-n ${handles}`))
      const hint = "raise the limit on open files (ulimit -n), or use fewer --jobs"
      // With fewer still Node.js or its loader cannot start, and says so itself.
      if (existsSync(cache) && refusal(ran, "too many files are open", hint)) refused++
      well(cache)
    }
    expect(refused).toBeGreaterThan(0)
  })
})

describe("a cache of another version", () => {
  it.each([
    ["99", "a newer version", "hint: upgrade this program, or use another cache (--cache DIR)"],
    ["0", "another version", "hint: use the version that wrote it, or use another cache (--cache DIR)"],
  ])("format %s is refused by every command, and left as it is", (format, said, hint) => {
    const cache = cacheOf(`format-${format}`)
    expect(typed(cache, ["run"]).code).toBe(0)
    writeFileSync(join(cache, "VERSION"), `${format}\n`)
    const before = filesIn(cache)
    const commands = [
      ["run"],
      ["run", "--force", "*"],
      ["status"],
      ["graph"],
      ["explain", "table"],
      ["show", "table"],
      ["log", "table"],
      ["verify"],
      ["verify", "--repair"],
      ["gc"],
      ["pin"],
      ["pin", "mine"],
      ["bundle", "table", "-o", join(world.folder, "refused.tar")],
    ]
    for (const args of commands) {
      const { code, err } = typed(cache, args)
      expect([args, code]).toEqual([args, 2])
      expect(err).toContain(said)
      expect(err).toContain(hint)
    }
    expect(filesIn(cache)).toEqual(before)
    expect(readFileSync(join(cache, "VERSION"), "utf8")).toBe(`${format}\n`)
    writeFileSync(join(cache, "VERSION"), "1\n")
    well(cache)
  })

  it("files that a later program may have added are left alone", () => {
    const cache = cacheOf("later")
    expect(typed(cache, ["run"]).code).toBe(0)
    mkdirSync(join(cache, "index"))
    for (const file of ["index/a", "artifacts/notes.txt", "actions/00.tmp", "runs/.index"]) {
      writeFileSync(join(cache, file), "later")
    }
    well(cache)
    expect(typed(cache, ["gc"]).code).toBe(0)
    expect(readFileSync(join(cache, "index/a"), "utf8")).toBe("later")
    expect(readdirSync(join(cache, "artifacts"))).toContain("notes.txt")
  })
})

describe("a damaged file", () => {
  it("that a command meets on its way is reported beside what it prints, and not within", () => {
    const cache = cacheOf("damaged")
    expect(typed(cache, ["run"]).code).toBe(0)
    const [record] = filesIn(join(cache, "runs"))
    writeFileSync(record ?? "", "{")
    const shown = typed(cache, ["pin"])
    expect(shown.err).toMatch(/^set aside .*runs.*: .* \(now .*aside.*\)\n$/)
    expect(shown.out).not.toContain("set aside")
    well(cache)
  })

  it("that a disk has changed behind the store's back is found when it is read, and the next run mends it", () => {
    const cache = cacheOf("behind")
    expect(typed(cache, ["run"]).code).toBe(0)
    const all = [...actions({ cache, log: "", file: "" }).values()]
    const action = all.find(({ node }) => node.startsWith("board"))
    const hash = action?.outputs[0]?.table.hash ?? ""
    const file = join(cache, "artifacts", hash.slice(2, 4), `${hash}.arrow`)
    const { atime, mtime } = statSync(file)
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    chmodSync(file, 0o644)
    writeFileSync(file, bytes)
    utimesSync(file, atime, mtime)
    const shown = typed(cache, ["show", "table"])
    expect([shown.code, shown.out]).toEqual([2, ""])
    expect(shown.err).toMatch(/was damaged and has been set aside[^]*hint: run again: it is computed anew/)
    well(cache)
  })
})

describe("while a copy is under way", () => {
  it("a cache is used as far as it has come, and what comes later does no harm", () => {
    const [origin, copy] = [cacheOf("origin"), cacheOf("copy")]
    expect(typed(origin, ["run"]).code).toBe(0)
    const files = filesIn(origin)
    for (const [n, file] of files.entries()) {
      const to = join(copy, file.slice(origin.length))
      // Of the second half, what rsync has begun under names of its own.
      if (n * 2 < files.length) cpSync(file, to, { preserveTimestamps: true, recursive: true })
      else if (n % 3 === 0) {
        mkdirSync(join(to, ".."), { recursive: true })
        writeFileSync(join(to, "..", `.${file.split("/").at(-1)}.Xy12Zz`), readFileSync(file).subarray(0, 100))
      }
    }
    well(copy)
    // The copy goes on: it replaces what was computed meanwhile by the same.
    for (const file of files)
      cpSync(file, join(copy, file.slice(origin.length)), { preserveTimestamps: true, force: true })
    well(copy)
  })
})
