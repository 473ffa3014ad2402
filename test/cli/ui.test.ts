import { describe, expect, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { address, start } from "./spawned.ts"

const folder = mkdtempSync(join(tmpdir(), "ui-"))
afterAll(() => rmSync(folder, { recursive: true }))
const cache = (name: string) => ["--cache", join(folder, name)]

/** Hears a run's events until it is over or `until` has been said. */
const listen = async (url: string, until?: string) => {
  const answer = await fetch(`${url}events`)
  const reader = answer.body?.getReader()
  const decoder = new TextDecoder()
  let heard = ""
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    heard += decoder.decode(value)
    if (until !== undefined && heard.includes(until)) {
      await reader.cancel()
      break
    }
  }
  return heard
}

describe("run --ui", () => {
  it("prints where to watch on standard error, serves until the run is over, and ends with it", async () => {
    const run = start(["run", "--ui", ...cache("watched")], { TINY_MILLIS: "150" })
    const url = await run.told(address)
    const page = await (await fetch(url)).text()
    expect(page).toContain("tiny: run")
    const heard = await listen(url)
    expect(heard).toContain('"over":"over in ')
    expect(heard).toContain("times(x0.5) finished in")
    expect(await run.ended).toBe(0)
    expect(run.out()).toMatch(/tiny: 4 nodes executed, 0 cached, in/)
    expect(run.out()).not.toContain("http")
    await expect(fetch(url)).rejects.toThrow("fetch failed")
  })

  it("gives the same result whether or not someone leaves, comes back, or stays away", async () => {
    const run = start(["run", "--ui", "--json", ...cache("left")], { TINY_MILLIS: "200" })
    const url = await run.told(address)
    await listen(url, "numbers started")
    await listen(url, "times(x1) started")
    expect(await run.ended).toBe(0)
    const events = run
      .out()
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line))
    expect(events.at(-1)).toMatchObject({ event: "summary", executed: 4, failed: 0 })
    expect(run.err().trim().split("\n")).toEqual([expect.stringMatching(address)])
  })

  it("tells who watches that the run was broken off, and does not hold it up", async () => {
    const run = start(["run", "--ui", ...cache("broken")], { TINY_MILLIS: "2000" })
    const url = await run.told(address)
    const heard = listen(url)
    await listen(url, "times(x1) started")
    const begun = performance.now()
    run.kill("SIGINT")
    expect(await run.ended).toBe(130)
    expect(performance.now() - begun).toBeLessThan(3_000)
    expect(await heard).toContain('"over":"stopped before its end"')
  })

  it("listens where it is told to, and says what is wrong where it cannot", async () => {
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, "127.0.0.1", () => {
        const bound = taken.address()
        resolve(typeof bound === "object" && bound !== null ? bound.port : 0)
      })
    })
    const refused = start(["run", "--ui", "--ui-port", `${port}`, ...cache("port")])
    const alone = start(["run", "--ui-port", `${port}`, ...cache("alone")])
    expect(await refused.ended).toBe(2)
    expect([refused.out(), refused.err()]).toEqual(["", expect.stringMatching(/EADDRINUSE.*\nhint: .*--ui-port/)])
    await new Promise((resolve) => taken.close(resolve))
    const free = start(["run", "--ui", "--ui-port", `${port}`, ...cache("port")])
    expect(await free.told(address)).toContain(`http://127.0.0.1:${port}/`)
    expect(await free.ended).toBe(0)
    expect(await alone.ended).toBe(2)
    expect(alone.err()).toContain("--ui-port goes with --ui")
  })
})
