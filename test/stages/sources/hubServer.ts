/** A hub on this machine, as Hugging Face's: large files lie on a second server. Its network can be made to fail. */
import { createHash } from "node:crypto"
import { readdirSync, statSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { join } from "node:path"
import * as Effect from "effect/Effect"

/** How the next request for a content goes wrong. */
export interface Mishap {
  /** Breaks the connection after so many bytes. */
  readonly breakAfter?: number
  /** What happens then. */
  readonly after?: () => void
  /** Sends nothing more after so many bytes, and leaves the connection open. */
  readonly stallAfter?: number
  /** Sends all, whatever range is asked for. */
  readonly wholly?: boolean
  /** Sends these bytes instead. */
  readonly instead?: Uint8Array
  /** Answers with this and no content. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that has come. */
export interface Heard {
  readonly server: "hub" | "store"
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage["headers"]
}

type Files = Readonly<Record<string, string | Uint8Array>>

const sha = (kind: "sha1" | "sha256", bytes: string | Uint8Array) => createHash(kind).update(bytes).digest("hex")

/** The hash of a content as the hub gives it. */
export const sha256 = (bytes: string | Uint8Array): string => sha("sha256", bytes)

const listening = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
      const server = createServer(handle)
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ port, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )

/** How many bytes of a download that is under way are in a folder. */
export const incomplete = (folder: string) => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".incomplete"),
  )
  return Math.max(0, ...names.map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0))
}

/**
 * A hub with one repository, `owner/name`. Files whose name ends in `.txt` are
 * small: the hub sends them itself. All others lie on the second server.
 * `folder` is where its only client keeps downloads.
 */
export const hubServer = Effect.fnUntraced(function* (folder: string) {
  const arrived = () => incomplete(folder)
  const heard: Array<Heard> = []
  const mishaps: Array<Mishap> = []
  const refusals: Array<Mishap> = []
  const commits = new Map<string, Files>()
  const branches = new Map<string, string>()
  let generation = 0
  let unsized = false

  const note = (server: Heard["server"], { headers, method = "", url = "" }: IncomingMessage) =>
    heard.push({ server, method, path: url, headers })

  const send = (request: IncomingMessage, response: ServerResponse, content: Uint8Array, etag: string) => {
    const mishap = request.method === "GET" ? (mishaps.shift() ?? {}) : {}
    if (mishap.status !== undefined) {
      response.writeHead(mishap.status, mishap.headers)
      return void response.end()
    }
    const bytes = mishap.instead ?? content
    const { "if-range": condition, range } = request.headers
    const [, from] = /^bytes=(\d+)-$/.exec(range ?? "") ?? []
    const start =
      from === undefined || mishap.wholly || (condition !== undefined && condition !== etag) ? 0 : Number(from)
    if (start > 0 && start >= bytes.length) {
      response.writeHead(416)
      return void response.end()
    }
    const body = bytes.subarray(start)
    response.writeHead(start > 0 ? 206 : 200, {
      ETag: etag,
      ...(unsized ? {} : { "Content-Length": body.length }),
      ...(start > 0 ? { "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
      ...mishap.headers,
    })
    if (request.method === "HEAD") return void response.end()
    const until = mishap.breakAfter ?? mishap.stallAfter
    if (until === undefined) return void response.end(body)
    response.write(body.subarray(0, until))
    if (mishap.breakAfter === undefined) return
    // Once it is on disk: what is on its way is lost with the connection.
    const look = setInterval(() => {
      if (arrived() < start + until) return
      clearInterval(look)
      mishap.after?.()
      response.destroy()
    }, 5)
    response.on("close", () => clearInterval(look))
  }

  const contents = new Map<string, Uint8Array>()
  const store = yield* listening((request, response) => {
    note("store", request)
    const content = contents.get(request.url ?? "")
    if (content !== undefined) return send(request, response, content, `"store-${sha("sha1", content)}-${generation}"`)
    response.writeHead(403)
    response.end()
  })
  const hub = yield* listening((request, response) => {
    note("hub", request)
    const refusal = refusals.shift()
    if (refusal?.status !== undefined) {
      response.writeHead(refusal.status, refusal.headers)
      return void response.end()
    }
    const refuse = (code: string) => {
      response.writeHead(404, { "X-Error-Code": code, "X-Error-Message": "not here" })
      response.end()
    }
    const [, repository, revision = "", path = ""] =
      /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url ?? "") ?? []
    if (repository !== "owner/name") return refuse("RepoNotFound")
    const name = decodeURIComponent(revision)
    const commit = commits.has(name) ? name : branches.get(name)
    const files = commits.get(commit ?? "")
    if (commit === undefined || files === undefined) return refuse("RevisionNotFound")
    const file = decodeURIComponent(path)
    const content = files[file]
    if (content === undefined) return refuse("EntryNotFound")
    const bytes = Buffer.from(content)
    response.setHeader("X-Repo-Commit", commit)
    if (file.endsWith(".txt"))
      return send(request, response, bytes, `"${sha("sha1", `blob ${bytes.length}\0${bytes.toString("latin1")}`)}"`)
    const signed = `/content/${sha256(bytes)}?sig=a%2Fb+c`
    contents.set(signed, bytes)
    response.writeHead(302, {
      Location: `http://127.0.0.1:${store.port}${signed}`,
      "X-Linked-Etag": `"${sha256(bytes)}"`,
      "X-Linked-Size": bytes.length,
      ETag: '"of the redirect"',
    })
    response.end()
  })

  return {
    endpoint: `http://127.0.0.1:${hub.port}`,
    /** A new commit that a branch moves to. */
    commit: (files: Files, branch = "main"): string => {
      const hash = sha("sha1", `${commits.size}`)
      commits.set(hash, files)
      branches.set(branch, hash)
      return hash
    },
    /** How the next requests for contents go wrong, one after another. */
    spoil: (...next: ReadonlyArray<Mishap>) => void mishaps.push(...next),
    /** How the hub refuses the next requests, one after another. */
    refuse: (...next: ReadonlyArray<Mishap>) => void refusals.push(...next),
    /** The second server knows its contents under other ETags from now on. */
    renameContents: () => {
      generation += 1
    },
    /** The hub does not say any more how large its own files are. */
    unsize: () => {
      unsized = true
    },
    /** What has come since the last time, as `GET hub` or `HEAD hub`. */
    requests: (): ReadonlyArray<string> => heard.splice(0).map(({ method, server }) => `${method} ${server}`),
    /** The same in full. */
    heard: (): ReadonlyArray<Heard> => heard.splice(0),
    /** From now on nobody answers. */
    goDown: () => {
      hub.close()
      store.close()
    },
  }
})

/** A hub that is there as long as the scope. */
export type HubServer = Effect.Success<ReturnType<typeof hubServer>>

/** Waits until something is so. */
export const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (isSo() ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), until(isSo))))
