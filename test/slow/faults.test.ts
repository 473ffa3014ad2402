/**
 * What happens when the system refuses: a disk that runs full, is read-only or
 * forbidden, too few file handles, half a copy, links. Each is made for real
 * where the system allows that, and is lifted again: nothing may be lost.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import * as Stream from "effect/Stream"
import { spawn, spawnSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import type { Node } from "../../src/dsl/Node.ts"
import { plan } from "../../src/plan/Plan.ts"
import * as Layout from "../../src/store/Layout.ts"
import * as Verify from "../../src/store/verify.ts"
import { random } from "../../stages/random.ts"
import { folder, onDisk, only, pipeline, runAll, summaryOf, write } from "../run/engine.ts"
import * as toys from "../run/toys.ts"

const rows = 40

/** Twelve nodes over one file, two of them streamed. */
const targetsOf = (file: string): Readonly<Record<string, Node>> => {
  const { batches, each, source, total } = toys.make([])
  const numbers = source({ as: "numbers", file })
  const halves = each.never({ numbers }, { as: "halves", add: 0, div: 2 })
  const many = [1, 2, 3, 4].map((add) => batches.always({ numbers: halves }, { as: `more ${add}`, add, div: 1 }))
  const sums = many.map((numbers, i) => total({ numbers: [numbers] }, { as: `sum ${i}`, add: 0, div: 1 }))
  return {
    all: total({ numbers: many }, { as: "all", add: 0, div: 1 }),
    ...Object.fromEntries(sums.map((s, i) => [`s${i}`, s])),
  }
}

const lab = Effect.map(folder, (dir) => {
  const file = join(dir, "numbers.txt")
  write(
    file,
    Array.from({ length: rows }, (_, i) => [`r${i}`, i]),
  )
  return { dir, targets: targetsOf(file) }
})

const run = (cache: string, targets: Readonly<Record<string, Node>>, force: ReadonlyArray<string> = []) =>
  Effect.provide(runAll(pipeline(targets), { force }), onDisk(cache))

/** What the store says of a run that may not come to its end: messages and hints. */
const said = (cache: string, targets: Readonly<Record<string, Node>>, force: ReadonlyArray<string> = []) =>
  Effect.map(Effect.exit(run(cache, targets, force)), (exit): ReadonlyArray<string> => {
    if (Exit.isSuccess(exit)) {
      const unrecorded = only(exit.value, "warned").filter(({ message }) =>
        message.startsWith("the run is not recorded"),
      )
      const failed = only(exit.value, "failed").map(({ hint, message }) => `${message} (${hint})`)
      return [...failed, ...unrecorded.map(({ message }) => message)]
    }
    const error = Cause.squash(exit.cause)
    if (!(error instanceof Error) || !("hint" in error)) throw error
    return [`${error.message} (${String(error.hint)})`]
  })

/** All is there: a run computes nothing or what is left, every file is sound, and the results are those of a clean run. */
const whole = (cache: string, targets: Readonly<Record<string, Node>>) =>
  Effect.gen(function* () {
    const events = yield* run(cache, targets)
    expect(summaryOf(events)).toMatchObject({ failed: 0, blocked: 0 })
    expect(summaryOf(yield* run(cache, targets))).toMatchObject({ executed: 0 })
    const layout = Layout.make(cache)
    const found = yield* Stream.runCollect(Verify.verify(yield* Verify.subjects(layout), 2))
    expect(found.filter(({ problem }) => problem !== undefined)).toEqual([])
    expect(existsSync(layout.tmp) ? readdirSync(layout.tmp) : []).toEqual([])
    return summaryOf(events).executed
  })

const succeeds = (command: string, ...args: ReadonlyArray<string>) => spawnSync(command, args).status === 0
const must = (command: string, ...args: ReadonlyArray<string>) =>
  Effect.sync(() => {
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8" })
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`)
  })

const tryout = mkdtempSync(join(tmpdir(), "rankshift-rights-"))
const canMount = succeeds("mount", "-t", "tmpfs", "tmpfs", tryout) && succeeds("umount", tryout)
const canForbid = succeeds("chattr", "+i", tryout) && succeeds("chattr", "-i", tryout)
const canLimit = succeeds("prlimit", "--pid", String(process.pid), "--nofile")
rmSync(tryout, { recursive: true, force: true })

/** A disk of its own for a while. */
const disk = (at: string, size: string) =>
  Effect.acquireRelease(
    Effect.andThen(
      Effect.sync(() => mkdirSync(at, { recursive: true })),
      must("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", at),
    ),
    () => must("umount", at),
  )

describe.skipIf(!canMount)("a disk of its own (needs the right to mount one)", () => {
  it.live(
    "may run full at any file: it is said, what was computed is kept, the rest is computed when there is room",
    () =>
      Effect.gen(function* () {
        const { dir, targets } = yield* lab
        const at = join(dir, "disk")
        yield* disk(at, "4m")
        const page = 4096
        const kept: Array<number> = []
        let full = 0
        for (let pages = 0; pages < 130; pages += 5) {
          const cache = join(at, `cache${pages}`)
          mkdirSync(cache)
          const ballast = join(at, "ballast")
          // As much as there is room for, then some pages are given back.
          spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, `bs=${page}`])
          truncateSync(ballast, Math.max(0, readFileSync(ballast).length - pages * page))
          const messages = yield* said(cache, targets)
          for (const message of messages) {
            expect(message).toContain("no space is left on the disk")
            expect(message).toContain("free some space (pipeline gc), or use a cache on another disk (--cache DIR)")
          }
          full += Number(messages.length > 0)
          rmSync(ballast)
          kept.push(yield* whole(cache, targets))
          rmSync(cache, { recursive: true })
        }
        expect(full).toBeGreaterThan(5)
        // The later it ran full, the less was left to compute.
        expect(kept[0]).toBeGreaterThan(kept.at(-1) ?? 0)
        expect(kept.at(-1)).toBe(0)
      }).pipe(Effect.scoped),
  )

  it.live("may be read-only: it can be looked at, and what would have to be written is said", () =>
    Effect.gen(function* () {
      const { dir, targets } = yield* lab
      const at = join(dir, "disk")
      yield* disk(at, "8m")
      const cache = join(at, "cache")
      yield* run(cache, targets)
      yield* must("mount", "-o", "remount,ro", at)
      const planned = yield* Effect.scoped(plan(pipeline(targets))).pipe(Effect.provide(onDisk(cache)))
      expect(planned.nodes.every(({ state }) => state._tag === "fresh" || state._tag === "streamed")).toBe(true)
      for (const force of [["total*"], ["batches*"]]) {
        const messages = yield* said(cache, targets, force)
        expect(messages).not.toEqual([])
        for (const message of messages) expect(message).toMatch(/read-only \(use a cache on a disk that can be written/)
      }
      yield* must("mount", "-o", "remount,rw", at)
      expect(yield* whole(cache, targets)).toBe(0)
    }).pipe(Effect.scoped),
  )

  it.live("may hold a part of the cache only: that is refused, with a word about it", () =>
    Effect.gen(function* () {
      const { dir, targets } = yield* lab
      const at = join(dir, "disk")
      yield* disk(at, "8m")
      const cache = join(dir, "cache")
      mkdirSync(cache)
      symlinkSync(at, join(cache, "artifacts"))
      for (const message of yield* said(cache, targets)) {
        expect(message).toContain("parts of the cache lie on different disks (link the whole folder")
      }
      rmSync(join(cache, "artifacts"))
      yield* whole(cache, targets)
    }).pipe(Effect.scoped),
  )
})

describe.skipIf(!canForbid)("a folder that may not be changed (needs the right to forbid that)", () => {
  it.live.each(["artifacts", "actions", "tmp", "runs", "."])("%s: is named, and nothing is lost", (name) =>
    Effect.gen(function* () {
      const { dir, targets } = yield* lab
      const cache = join(dir, "cache")
      yield* run(cache, targets)
      const forbidden = join(cache, name)
      for (const inner of readdirSync(forbidden))
        if (name !== "runs" && name !== ".") rmSync(join(forbidden, inner), { recursive: true })
      if (name === ".")
        for (const inner of ["tmp", "live"]) rmSync(join(cache, inner), { recursive: true, force: true })
      const messages = yield* Effect.acquireUseRelease(
        must("chattr", "+i", forbidden),
        () => said(cache, targets, ["total*"]),
        () => must("chattr", "-i", forbidden),
      )
      expect(messages).not.toEqual([])
      for (const message of messages) {
        expect(message).toMatch(/permission denied \(give your user the right to read and write this folder/)
        expect(message).toContain(cache)
      }
      yield* whole(cache, targets)
    }).pipe(Effect.scoped),
  )
})

describe.skipIf(!canLimit)("too few file handles (needs prlimit)", () => {
  /** Leaves so many handles for a while. Who raises the limit again has to be there before: it needs handles itself. */
  const leaving = (more: number) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const raise = `read -r _; exec prlimit --pid ${process.pid} --nofile=4096:`
        const waiting = spawn("bash", ["-c", raise], { stdio: ["pipe", "ignore", "ignore"] })
        const left = readdirSync("/proc/self/fd").length + more
        spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${left}:`], { stdio: "ignore" })
        return waiting
      }),
      (waiting) =>
        Effect.promise(
          () =>
            new Promise((resolve) => {
              waiting.on("exit", resolve)
              waiting.stdin.end("\n")
            }),
        ),
    )

  it.live("are said, and once there are more, nothing is lost", () =>
    Effect.gen(function* () {
      const { dir, targets } = yield* lab
      // What is loaded when it is needed is loaded by now.
      yield* run(join(dir, "other"), targets)
      const cache = join(dir, "cache")
      let refused = 0
      for (const more of [0, 1, 2, 3, 5, 8]) {
        const messages = yield* Effect.scoped(Effect.andThen(leaving(more), said(cache, targets, ["*"])))
        refused += messages.length
        for (const message of messages) {
          expect(message).toContain(
            "too many files are open (raise the limit on open files (ulimit -n), or use fewer --jobs)",
          )
        }
        yield* whole(cache, targets)
      }
      expect(refused).toBeGreaterThan(0)
    }).pipe(Effect.scoped),
  )
})

const filesOf = (at: string) =>
  readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe("half a copy", () => {
  it.live("is used as far as it goes: what is missing or cut short is computed again, what is half is set aside", () =>
    Effect.gen(function* () {
      const { dir, targets } = yield* lab
      const origin = join(dir, "origin")
      yield* run(origin, targets)
      const all = summaryOf(yield* run(join(dir, "clean"), targets)).executed
      for (let seed = 0; seed < 12; seed++) {
        const { chance, next } = random(`copy ${seed}`)
        const copy = join(dir, `copy${seed}`)
        // As `rsync -a` or `cp -a` do: times and rights are those of the origin.
        cpSync(origin, copy, { recursive: true, preserveTimestamps: true })
        const files = filesOf(copy).sort()
        const until = next() * files.length
        let cut = 0
        files.forEach((file, at) => {
          if (at < until * (seed % 3 === 0 ? 0 : 1) || chance(0.3)) return
          if (chance(0.5)) return rmSync(file)
          if (chance(0.5)) return renameSync(file, join(dirname(file), `.${basename(file)}.AbCdEf`))
          cut++
          rmSync(join(dir, "half"), { force: true })
          cpSync(file, join(dir, "half"))
          rmSync(file)
          writeFileSync(file, readFileSync(join(dir, "half")).subarray(0, -7))
        })
        const executed = yield* whole(copy, targets)
        expect(executed).toBeLessThanOrEqual(all)
        const aside = join(copy, "aside")
        expect(existsSync(aside) ? readdirSync(aside).length : 0).toBeLessThanOrEqual(cut)
      }
      const artifacts = join(dir, "artifacts only")
      cpSync(join(origin, "artifacts"), join(artifacts, "artifacts"), { recursive: true, preserveTimestamps: true })
      const before = filesOf(artifacts).length
      expect(yield* whole(artifacts, targets)).toBe(all)
      expect(filesOf(join(artifacts, "artifacts"))).toHaveLength(before)
      const actions = join(dir, "actions only")
      cpSync(join(origin, "actions"), join(actions, "actions"), { recursive: true, preserveTimestamps: true })
      expect(yield* whole(actions, targets)).toBe(all)
    }).pipe(Effect.scoped),
  )
})

describe("links", () => {
  it.live("a cache behind a link is a cache like any other", () =>
    Effect.gen(function* () {
      const { dir, targets } = yield* lab
      const [real, link] = [join(dir, "real"), join(dir, "link")]
      mkdirSync(real)
      symlinkSync(real, link)
      expect(yield* whole(link, targets)).toBeGreaterThan(0)
      expect(yield* whole(real, targets)).toBe(0)
      const moved = join(dir, "moved")
      renameSync(real, moved)
      expect(yield* whole(moved, targets)).toBe(0)
      // The link leads nowhere now, as one to a disk that is not mounted.
      const messages = yield* said(link, targets)
      expect(messages).not.toEqual([])
      for (const message of messages) {
        expect(message).toContain("a file is in the way, or a link that leads nowhere (look where it leads")
      }
      expect(existsSync(real)).toBe(false)
    }).pipe(Effect.scoped),
  )
})
