import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { make } from "../../src/report/picture/Picture.ts"
import * as Hub from "../../src/report/ui/Hub.ts"
import { runHtml } from "../../src/report/ui/runHtml.ts"
import { serve } from "../../src/report/ui/serve.ts"
import { address, start } from "../cli/spawned.ts"
import { lottery } from "../report/plans.ts"
import { blocked, cached, failed, finished, planned, progress, started, summary } from "../report/ui/events.ts"
import { executable, launch, watched } from "./chromium.ts"

const folder = mkdtempSync(join(tmpdir(), "run-"))
let browser: Browser

/** A page whose run is what a test makes of it. */
const staged = async () => {
  const picture = make(lottery, [])
  const scope = await Effect.runPromise(Scope.make())
  const within = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Scope.provide(effect, scope))
  const hub = await within(Hub.make(picture))
  const url = await within(Effect.flatMap(runHtml(picture), (page) => serve(hub, page, 0)))
  const tell = async (...events: ReadonlyArray<Parameters<typeof hub.follower>[0]>) => {
    for (const event of events) await Effect.runPromise(hub.follower(event))
  }
  return { url, tell, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

/** A page that has heard the end, or is left, drops its connection: that is no fault. */
const faults = (problems: ReadonlyArray<string>) =>
  problems.filter((problem) => !problem.endsWith("/events: net::ERR_ABORTED"))

const watch = async (url: string) => {
  const view = await watched(browser, { viewport: { width: 1_400, height: 900 } })
  await view.page.goto(url)
  const text = (id: string) => view.page.locator(`#${id}`).innerText()
  const box = (name: string) => view.page.locator("#rs-view .rs-box", { hasText: name }).first()
  return { ...view, text, box, status: () => text("rs-status") }
}

describe.skipIf(executable === undefined)("the page of a run", () => {
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  it("shows a run from its first to its last moment, asks this machine alone, and complains of nothing", async () => {
    const run = start(["run", "--ui", "--cache", join(folder, "whole")], { TINY_MILLIS: "600" })
    const { box, page, problems, requests, status, text } = await watch(await run.told(address))
    await expect.poll(status).toBe("running")
    await expect.poll(() => box("times").textContent(), { timeout: 10_000 }).toContain("2 running")
    expect(await text("rs-log")).toContain("numbers finished in")
    expect(await text("rs-memory")).toMatch(/^memory \d+ MB, at most \d+ MB$/)
    await expect.poll(status, { timeout: 20_000 }).toMatch(/^over in .*: 4 nodes executed, 0 cached$/)
    expect(await run.ended).toBe(0)
    // The page outlives the run, with all there was to see.
    await page.waitForTimeout(1_500)
    expect(await box("times").textContent()).toContain("2 fresh")
    expect(await text("rs-stages")).toMatch(/times[^]*2\/2 shards[^]*board[^]*1\/1 nodes/)
    expect(faults(problems)).toEqual([])
    for (const request of requests) expect(new URL(request).hostname).toBe("127.0.0.1")
  })

  it("survives reloading, and closing it does not disturb the run", async () => {
    const run = start(["run", "--ui", "--json", "--cache", join(folder, "reload")], { TINY_MILLIS: "700" })
    const { box, page, problems, status, text } = await watch(await run.told(address))
    await expect.poll(() => text("rs-log"), { timeout: 10_000 }).toContain("times(x1) started")
    const before = await text("rs-log")
    await page.reload()
    await expect.poll(() => text("rs-log")).toContain("times(x1) started")
    expect((await text("rs-log")).startsWith(before.trim())).toBe(true)
    await expect.poll(() => box("times").textContent()).toContain("2 running")
    expect(await status()).toBe("running")
    expect(faults(problems)).toEqual([])
    await page.context().close()
    expect(await run.ended).toBe(0)
    expect(run.out()).toMatch(/"event":"summary".*"executed":4/)
  })

  it("follows states, progress, failures and memory as they come", async () => {
    const { close, tell, url } = await staged()
    const { box, page, problems, status, text } = await watch(url)
    await tell(planned, cached("images(val)"), started("extract(hog, val)", 1))
    await expect.poll(() => box("extract").textContent()).toContain("1 running")
    await tell(progress("extract(hog, val)", 1_024))
    await box("extract").click()
    const node = (name: string) => page.locator(`.rs-node[aria-label^="${name};"]`)
    await expect.poll(() => node("extract(hog, val)").getAttribute("aria-label")).toContain("1,024 of 4,096 rows")
    await node("extract(hog, val)").click()
    await tell(
      finished("extract(hog, val)"),
      failed("extract(pca, val)"),
      blocked("score(pca, val)", "extract(pca, val)"),
    )
    // What is unfolded and chosen stays so while it changes.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
      .toMatch(/^extract\(hog, val\); fresh; 1.3 s/)
    expect(await text("rs-details")).toMatch(/extract\(hog, val\)[^]*fresh[^]*33 kB/)
    expect(await node("extract(pca, val)").getAttribute("aria-label")).toContain("failed: the model gives NaN")
    expect(await status()).toBe("running, with failures")
    const errors = await text("rs-errors")
    for (const word of ["extract(pca, val)", "/models/pca.onnx", "the model gives NaN", "hint: export it again"]) {
      expect(errors).toContain(word)
    }
    expect(await text("rs-legend")).toMatch(/1 failed/)
    expect(await page.locator('#rs-stages tr[data-stage="extract"]').getAttribute("class")).toBe("rs-failed")
    await tell(summary(1))
    await expect.poll(status).toBe("over in 1:02: 3 nodes executed, 2 cached, 1 failed, 1 blocked")
    expect(await page.locator("#rs-status").getAttribute("data-kind")).toBe("failed")
    await close()
    expect(faults(problems)).toEqual([])
  })

  it("hears of a run that is broken off", async () => {
    const { close, tell, url } = await staged()
    const { problems, status } = await watch(url)
    await tell(started("extract(hog, val)"))
    await expect.poll(status).toBe("running")
    await close()
    await expect.poll(status).toBe("stopped before its end")
    expect(faults(problems)).toEqual([])
  })

  it("does not fall behind a run of many events", async () => {
    const { close, tell, url } = await staged()
    const { page, problems, status, text } = await watch(url)
    for (let round = 0; round < 3_000; round++) {
      await tell(started("extract(hog, val)"), progress("extract(hog, val)", round), finished("extract(hog, val)"))
    }
    await tell(summary())
    await expect.poll(status).toMatch(/^over in/)
    expect((await text("rs-log")).trim().split("\n").length).toBeLessThanOrEqual(2_000)
    expect(await page.locator("#rs-log > div").last().innerText()).toContain("over in 1:02")
    await close()
    expect(faults(problems)).toEqual([])
  })
})
