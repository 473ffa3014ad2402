import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import { networkInterfaces } from "node:os"
import { make } from "../../../src/report/picture/Picture.ts"
import * as Hub from "../../../src/report/ui/Hub.ts"
import { serve } from "../../../src/report/ui/serve.ts"
import { lottery } from "../plans.ts"
import { started, summary } from "./events.ts"

const page = "<!doctype html><title>page</title>"

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
}

const ask = (url: string, options: { readonly method?: string; readonly headers?: Record<string, string> } = {}) =>
  Effect.promise(
    () =>
      new Promise<Answer>((resolve, reject) => {
        const asked = request(url, options, (answer) => {
          let body = ""
          answer.on("data", (data: Buffer) => (body += data.toString()))
          answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }))
        })
        asked.on("error", reject)
        asked.end()
      }),
  )

/** Opens a connection and writes a request by hand; what comes back is read only if `read` says so. */
const open = (url: string, path: string, read: boolean) =>
  Effect.promise(
    () =>
      new Promise<{ readonly socket: Socket; readonly got: () => string; readonly closed: () => boolean }>(
        (resolve) => {
          const { host, port } = new URL(url)
          let [got, closed] = ["", false]
          const socket = connect(Number(port), "127.0.0.1", () => {
            socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
            resolve({ socket, got: () => got, closed: () => closed })
          })
          if (read) socket.on("data", (data) => (got += data.toString()))
          else socket.pause()
          socket.on("close", () => (closed = true))
          socket.on("error", () => {})
        },
      ),
  )

const served = Effect.gen(function* () {
  const hub = yield* Hub.make(make(lottery, []), () => 100)
  return { hub, url: yield* serve(hub, page, 0) }
})

describe("the page of a run", () => {
  it.live("is there for who knows its address, and may not be kept or framed", () =>
    Effect.gen(function* () {
      const { url } = yield* served
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/)
      const { body, headers, status } = yield* ask(url)
      expect([status, body]).toEqual([200, page])
      expect(headers).toMatchObject({
        "content-type": expect.stringContaining("text/html"),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
      })
      expect(headers).not.toHaveProperty("access-control-allow-origin")
      const local = yield* ask(url, { headers: { host: `localhost:${new URL(url).port}` } })
      expect(local.status).toBe(200)
    }).pipe(Effect.scoped),
  )

  it.live("has another address each time", () =>
    Effect.gen(function* () {
      const [a, b] = [yield* served, yield* served]
      expect(new URL(a.url).pathname).not.toBe(new URL(b.url).pathname)
    }).pipe(Effect.scoped),
  )

  it.live("refuses a wrong token, another name of the host, and what does not only read", () =>
    Effect.gen(function* () {
      const { url } = yield* served
      const { origin, pathname, port } = new URL(url)
      const status = (path: string, options?: Parameters<typeof ask>[1]) =>
        Effect.map(ask(`${origin}${path}`, options), (answer) => answer.status)
      const token = pathname.slice(1, -1)
      for (const wrong of [
        "/",
        "//",
        "/events",
        `/${token.slice(1)}/`,
        `/${token}x/`,
        "/../",
        `/${token.toLowerCase()}/`,
      ]) {
        expect([wrong, yield* status(wrong)]).toEqual([wrong, 403])
      }
      for (const host of [
        "evil.example",
        `evil.example:${port}`,
        "127.0.0.1",
        `127.0.0.1:1`,
        `127.0.0.1.evil.example:${port}`,
      ]) {
        expect([host, yield* status(pathname, { headers: { host } })]).toEqual([host, 403])
        expect([host, yield* status(`${pathname}events`, { headers: { host } })]).toEqual([host, 403])
      }
      expect(yield* status(pathname, { method: "POST" })).toBe(405)
      expect(yield* status(`${pathname}other`)).toBe(404)
    }).pipe(Effect.scoped),
  )

  it.live("cannot be reached under any other address of this machine", () =>
    Effect.gen(function* () {
      const { url } = yield* served
      const others = Object.values(networkInterfaces())
        .flatMap((all) => all ?? [])
        .filter(({ family, internal }) => family === "IPv4" && !internal)
      for (const { address } of others) {
        const reached = yield* Effect.promise(
          () =>
            new Promise<boolean>((resolve) => {
              const socket = connect(Number(new URL(url).port), address, () => resolve(true))
              socket.on("error", () => resolve(false))
            }),
        )
        expect([address, reached]).toEqual([address, false])
      }
    }).pipe(Effect.scoped),
  )

  it.live("says why where its port is taken", () =>
    Effect.gen(function* () {
      const { hub, url } = yield* served
      const port = Number(new URL(url).port)
      const failure = yield* Effect.flip(serve(hub, page, port))
      expect(failure.message).toContain(`127.0.0.1:${port}`)
      expect(failure.message).toContain("EADDRINUSE")
    }).pipe(Effect.scoped),
  )

  it.live("tells what has happened and what happens, each thing once over broken connections", () =>
    Effect.gen(function* () {
      const { hub, url } = yield* served
      yield* hub.follower(started("extract(hog, val)"))
      const first = yield* open(url, `${new URL(url).pathname}events`, true)
      yield* Effect.sleep("300 millis")
      expect(first.got()).toContain("content-type: text/event-stream")
      expect(first.got()).toContain("extract(hog, val) started")
      const id = [...first.got().matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? ""
      first.socket.destroy()
      yield* hub.follower(started("extract(pca, val)"))
      yield* hub.follower(summary())
      const { body } = yield* ask(`${url}events`, { headers: { "last-event-id": id } })
      expect(body).toContain("extract(pca, val) started")
      expect(body).not.toContain("extract(hog, val) started")
      expect(body).toContain('"over":"over in 1:02')
      const anew = yield* ask(`${url}events`, { headers: { "last-event-id": "-3" } })
      expect(anew.body).toContain("extract(hog, val) started")
    }).pipe(Effect.scoped),
  )

  it.live("is not filled up by who does not read, and does not wait for them in the end", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const hub = yield* Scope.provide(
        Hub.make(make(lottery, []), () => 100),
        scope,
      )
      let made = 0
      const message = { ...(yield* hub.since(0)), order: ["x".repeat(100_000)] }
      const endless = { ...hub, watch: () => Stream.forever(Stream.sync(() => (made++, message))) }
      const url = yield* Scope.provide(serve(endless, page, 0), scope)
      const stuck = yield* open(url, `${new URL(url).pathname}events`, false)
      yield* Effect.sleep("1 second")
      const soFar = made
      yield* Effect.sleep("1 second")
      // The socket's own buffers take some megabytes; then nothing more is made.
      expect(made).toBe(soFar)
      expect(made).toBeGreaterThan(0)
      expect(made).toBeLessThan(300)
      const begun = performance.now()
      yield* Scope.close(scope, Exit.void)
      expect(performance.now() - begun).toBeLessThan(3_000)
      stuck.socket.resume()
      yield* Effect.sleep("200 millis")
      expect(stuck.closed()).toBe(true)
    }),
  )

  it.live("ends at once with the run where nobody watches", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { url } = yield* Scope.provide(served, scope)
      yield* ask(url)
      const begun = performance.now()
      yield* Scope.close(scope, Exit.void)
      expect(performance.now() - begun).toBeLessThan(500)
      const gone = yield* Effect.exit(ask(url))
      expect(Exit.isFailure(gone)).toBe(true)
    }),
  )
})
