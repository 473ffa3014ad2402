import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Sse from "effect/encoding/Sse"
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { createServer, type Server } from "node:http"
import type { Hub } from "./Hub.ts"

/** The port cannot be had. */
export class ServeFailure extends Schema.TaggedError<ServeFailure>()("ServeFailure", { message: Schema.String }) {}

/** The only address that is listened on: this machine's own, out of reach for all others. */
const address = "127.0.0.1"
/** A page needs two connections; a browser opens six at most. */
const connections = 32
/** Who has not taken the last words by then does not get them. */
const patience = "1 second"

// Hashed first, so that neither length nor content shows in the time that it takes.
const same = (a: string, b: string): boolean => {
  const digest = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

const headers = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
}

const refused = (status: number, why: string) => HttpServerResponse.text(`${why}\n`, { status, headers })

const events = (hub: Hub, from: number) => {
  const encoder = new TextEncoder()
  const body = hub.watch(from).pipe(
    Stream.map((message) => {
      const [id, data] = [`${message.revision}`, JSON.stringify(message)]
      return encoder.encode(Sse.encoder.write({ _tag: "Event", event: "message", id, data }))
    }),
  )
  return HttpServerResponse.stream(body, {
    contentType: "text/event-stream",
    headers: { ...headers, connection: "close" },
  })
}

/** Answers requests: the page and its events for who knows the token and asks for this machine by its own name. */
const app = (hub: Hub, page: string, token: string, names: ReadonlySet<string>) =>
  Effect.map(HttpServerRequest.HttpServerRequest, (request) => {
    const host = request.headers["host"] ?? ""
    // A page from elsewhere whose name now leads here would still send that name.
    if (!names.has(host.toLowerCase())) return refused(403, "this is not the host that you asked for")
    const [, given = "", ...rest] = (request.url.split("?")[0] ?? "").split("/")
    if (!same(given, token)) return refused(403, "the address lacks the token that the run has printed")
    if (request.method !== "GET") return refused(405, "there is nothing to send here")
    switch (rest.join("/")) {
      case "":
        return HttpServerResponse.text(page, { contentType: "text/html; charset=utf-8", headers })
      case "events": {
        const last = Number(request.headers["last-event-id"] ?? 0)
        return events(hub, Number.isSafeInteger(last) && last > 0 ? last : 0)
      }
      default:
        return refused(404, "there is no such page")
    }
  })

const listen = (server: Server, port: number) =>
  NodeHttpServer.make(() => server, { host: address, port, gracefulShutdownTimeout: 0 }).pipe(
    Effect.mapError(({ cause }) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      return new ServeFailure({ message: `cannot listen on ${address}:${port}: ${why}` })
    }),
  )

/**
 * Serves a page and what a hub has to tell, on this machine alone, for as long
 * as the scope is open. Gives the address of the page, with a token that cannot
 * be guessed. Port 0 lets the system choose. When the scope closes, those who
 * watch hear the end first; nobody can hold it up for longer than about a second.
 */
export const serve = Effect.fnUntraced(function* (
  hub: Hub,
  page: string,
  port: number,
): Effect.fn.Return<string, ServeFailure, Scope.Scope> {
  const token = randomBytes(24).toString("base64url")
  const server = createServer()
  server.maxConnections = connections
  const http = yield* listen(server, port)
  const bound = server.address()
  const chosen = typeof bound === "object" && bound !== null ? bound.port : port
  const names = new Set([address, "localhost"].map((name) => `${name}:${chosen}`))
  yield* http.serve(app(hub, page, token, names))
  yield* Effect.addFinalizer(() =>
    hub.close.pipe(
      Effect.timeoutOption(patience),
      Effect.andThen(
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
        }).pipe(Effect.timeoutOption("200 millis")),
      ),
      Effect.andThen(Effect.sync(() => server.closeAllConnections())),
      Effect.asVoid,
    ),
  )
  return `http://${address}:${chosen}/${token}/`
})
