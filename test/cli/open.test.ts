import { describe, expect, it } from "@effect/vitest"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { opener } from "../../src/cli/open.ts"
import { start } from "./spawned.ts"

const folder = mkdtempSync(join(tmpdir(), "open-"))
afterAll(() => rmSync(folder, { recursive: true }))
const page = join(folder, "pages", "graph.html")
const command = ["graph", "--open", "--output", page, "--cache", join(folder, "cache")]

describe("what opens a file", () => {
  it("is the program that each system has for it, and none where there is no desktop", () => {
    expect(opener("/a b.html", "darwin", {})).toEqual({ command: "open", args: ["/a b.html"] })
    expect(opener("/a b.html", "linux", { DISPLAY: ":0" })).toEqual({ command: "xdg-open", args: ["/a b.html"] })
    expect(opener("/a b.html", "linux", { WAYLAND_DISPLAY: "wayland-0" })?.command).toBe("xdg-open")
    expect(opener("/a b.html", "linux", { DISPLAY: "" })).toBeUndefined()
    expect(opener("C:\\a & b.html", "win32", {})?.args.at(-1)).toBe('"C:\\a & b.html"')
  })
})

describe.skipIf(process.platform !== "linux")("graph --open", () => {
  it("writes the page, prints its path, and opens it", async () => {
    const told = join(folder, "told")
    const program = join(folder, "xdg-open")
    writeFileSync(program, `#!/bin/sh\nprintf '%s' "$1" > '${told}'\n`)
    chmodSync(program, 0o755)
    const graph = start(command, { DISPLAY: ":0", PATH: `${folder}:${process.env["PATH"] ?? ""}` })
    expect(await graph.ended).toBe(0)
    expect([graph.out(), graph.err()]).toEqual([`${page}\n`, ""])
    expect(readFileSync(page, "utf8")).toContain("<!doctype html>")
    expect(readFileSync(told, "utf8")).toBe(page)
  })

  it("does no harm where there is no desktop or no program for it", async () => {
    const without = start(command, { DISPLAY: "", WAYLAND_DISPLAY: "" })
    expect(await without.ended).toBe(0)
    expect([without.out(), without.err()]).toEqual([
      `${page}\n`,
      "not opened: there is no desktop here to open it on\n",
    ])
    const lacking = start(command, { DISPLAY: ":0", PATH: "/nowhere" })
    expect(await lacking.ended).toBe(0)
    expect(lacking.err()).toMatch(/^not opened: xdg-open cannot be started/)
    expect(existsSync(page)).toBe(true)
  })
})
