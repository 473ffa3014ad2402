/** Requests to a hub, and what it says of a file in the headers of its answers. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Patience } from "./Patience.ts"
import { isCommit } from "./Place.ts"
import { type Asked, refused } from "./refused.ts"
import type { Settings } from "./Settings.ts"
import { Trouble } from "./Trouble.ts"

/** A file of a repository at a revision. */
export interface Wanted {
  /** `owner/name` */
  readonly repository: string
  /** A branch, a tag or a commit. */
  readonly revision: string
  /** From the repository's root on. */
  readonly file: string
}

/** What tells which content a file has. */
export interface Identity {
  readonly commit: string
  /** The hub's name for the content: its SHA-256 where the file is large. */
  readonly etag: string
  /** In bytes. */
  readonly size: number | undefined
}

/** An answer that is no redirect and no error. */
export interface Answer {
  readonly response: Response
  readonly identity: Partial<Identity>
  readonly at: string
}

const mostRedirects = 10

/** There is nothing from that byte on: the answer to who has all already, or too much. */
export const noSuchRange = 416

const unquoted = (etag: string | null): string | undefined => etag?.replace(/^W\//u, "").replaceAll('"', "")

const sizeOf = (text: string | null): number | undefined =>
  text !== null && /^\d+$/u.test(text) ? Number(text) : undefined

/** Where a file lies on the hub. */
export const address = (endpoint: string, { file, repository, revision }: Wanted): string => {
  const parts = (path: string) => path.split("/").map(encodeURIComponent).join("/")
  return `${endpoint}/${parts(repository)}/resolve/${encodeURIComponent(revision)}/${parts(file)}`
}

const unreachable = (at: string) => (cause: unknown) => {
  const inner = cause instanceof Error ? (cause.cause ?? cause) : cause
  const code = inner instanceof Error && "code" in inner ? String(inner.code) : undefined
  const reason = code ?? (inner instanceof Error ? inner.message : String(inner))
  return new Trouble({
    message: `cannot reach ${new URL(at).host} (${reason})`,
    hint: "is there a network? HF_ENDPOINT names a mirror; NODE_USE_ENV_PROXY=1 makes HTTPS_PROXY count",
    at,
    passing: true,
    cause,
  })
}

const silent = (at: string) =>
  new Trouble({ message: `${new URL(at).host} does not answer`, hint: "run again later", at, passing: true })

// The hub's own answer knows the content's hash; the server that it leads to has names of its own.
const learned = (known: Partial<Identity>, { headers, status }: Response): Partial<Identity> => {
  const isFile = status === 200 || status === 206
  const commit = known.commit ?? headers.get("x-repo-commit")?.trim()
  const etag = known.etag ?? unquoted(headers.get("x-linked-etag") ?? (isFile ? headers.get("etag") : null))
  const length = status === 200 && !headers.has("content-encoding") ? headers.get("content-length") : null
  const size = known.size ?? sizeOf(headers.get("x-linked-size") ?? length)
  return {
    ...(commit !== undefined && isCommit(commit) ? { commit } : {}),
    ...(etag === undefined || etag === "" ? {} : { etag }),
    ...(size === undefined ? {} : { size }),
  }
}

/**
 * Asks for a file and follows where the hub leads, the token staying at home.
 * The connection is closed with the scope. `enough` says when what was learned
 * on the way is all that is wanted.
 */
const ask = Effect.fnUntraced(function* (
  settings: Settings,
  wanted: Wanted,
  method: "GET" | "HEAD",
  headers: Readonly<Record<string, string>>,
  enough: (known: Partial<Identity>) => boolean,
): Effect.fn.Return<Answer, Trouble, Scope.Scope> {
  const { silence } = yield* Patience
  const aborter = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    (aborter) => Effect.sync(() => aborter.abort()),
  )
  const { endpoint, token } = settings
  const asked: Asked = { ...wanted, endpoint, known: token !== undefined }
  const home = new URL(endpoint).origin
  let at = address(endpoint, wanted)
  let identity: Partial<Identity> = {}
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const authorization =
      token !== undefined && new URL(at).origin === home ? { authorization: `Bearer ${Redacted.value(token)}` } : {}
    const response = yield* Effect.tryPromise({
      // Unpacked by no one: sizes and ranges are those of the file.
      try: () =>
        fetch(at, {
          method,
          headers: { "accept-encoding": "identity", ...headers, ...authorization },
          redirect: "manual",
          signal: aborter.signal,
        }),
      catch: unreachable(at),
    }).pipe(Effect.timeoutOrElse({ duration: silence, orElse: () => Effect.fail(silent(at)) }))
    identity = learned(identity, response)
    const location = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null
    if (location === null && !response.ok && response.status !== noSuchRange)
      return yield* refused(asked, response, at, yield* Clock.currentTimeMillis)
    if (location === null || enough(identity)) return { response, identity, at }
    yield* Effect.promise(() => response.body?.cancel() ?? Promise.resolve())
    if (!URL.canParse(location, at)) break
    at = new URL(location, at).href
  }
  const hint = "is HF_ENDPOINT the address of a hub?"
  return yield* new Trouble({ message: "the server leads from one address to the next", hint, at, passing: false })
})

/** Which content a file has, without fetching it. */
export const identify = Effect.fnUntraced(function* (settings: Settings, wanted: Wanted) {
  // Where the hub leads on, the server behind need not answer to this method.
  const isEnough = ({ commit, etag }: Partial<Identity>) => commit !== undefined && etag !== undefined
  const { at, identity } = yield* ask(settings, wanted, "HEAD", {}, isEnough)
  const commit = identity.commit ?? (isCommit(wanted.revision) ? wanted.revision : undefined)
  const { etag, size } = identity
  if (commit === undefined || etag === undefined) {
    return yield* new Trouble({
      message: `the server does not say ${commit === undefined ? "which commit this is (X-Repo-Commit)" : "which content the file has (ETag)"}`,
      hint: "is HF_ENDPOINT the address of a hub? A file from elsewhere is fetched by hand and read with onnxFile or checkpoint",
      at,
      passing: false,
    })
  }
  return { commit, etag, size }
}, Effect.scoped)

/** Begins to fetch a file, from a byte on where `range` says so. */
export const fetchFrom = (settings: Settings, wanted: Wanted, range: Readonly<Record<string, string>>) =>
  ask(settings, wanted, "GET", range, () => false)
