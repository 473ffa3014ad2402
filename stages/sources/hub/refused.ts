import { Trouble } from "./Trouble.ts"

/** What was asked for. */
export interface Asked {
  readonly endpoint: string
  readonly repository: string
  readonly revision: string
  readonly file: string
  /** Whether a token was sent. */
  readonly known: boolean
}

/** Longer waits are left to the user, in seconds. */
const longestWait = 60

/** `Retry-After`: seconds, or a date. */
const waitOf = (headers: Headers, now: number): number | undefined => {
  const said = headers.get("retry-after") ?? ""
  if (/^\d+$/u.test(said)) return Number(said)
  const date = Date.parse(said)
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000))
}

/** Why a server gave no file, as a user says it: by its status and the hub's `X-Error-Code`. `now` is in ms. */
export const refused = (
  { endpoint, file, known, repository, revision }: Asked,
  { headers, status }: Response,
  at: string,
  now: number,
): Trouble => {
  const code = headers.get("x-error-code") ?? ""
  const page = `${endpoint}/${repository}`
  const final = (message: string, hint: string) => new Trouble({ message, hint, at, passing: false })
  // Beyond the hub addresses are good for a while only: the hub gives another one.
  const elsewhere = new URL(at).origin !== new URL(endpoint).origin
  const said = headers.get("x-error-message")
  const words = `${status}${said === null ? "" : `, ${said}`}`

  if (code === "GatedRepo") {
    return final(
      `${repository} is open only to those who have accepted its terms (${words})`,
      known
        ? `accept them at ${page} with the account whose token HF_TOKEN is, and see that the token may read gated repositories`
        : `accept them at ${page}, then set HF_TOKEN to a token of that account`,
    )
  }
  if ((status === 401 || status === 403) && !elsewhere) {
    return final(
      known
        ? `the hub does not let this token read ${repository} (${words})`
        : `there is no repository ${repository}, or it is not public (${words})`,
      known
        ? `check the name at ${page}, and that HF_TOKEN is valid and may read it`
        : `check the name; for one that is not public set HF_TOKEN to a token that may read it`,
    )
  }
  if (code === "RepoNotFound") {
    return final(
      `there is no repository ${repository} (${words})`,
      `check the name${known ? "" : "; one that is not public needs HF_TOKEN"}`,
    )
  }
  if (code === "RevisionNotFound") {
    return final(
      `${repository} has no revision ${revision} (${words})`,
      "name a branch, a tag or the full hash of a commit",
    )
  }
  if (status === 404 || status === 410) {
    return final(
      `${repository} has no file ${file} at ${revision} (${words})`,
      `${page}/tree/${revision} lists its files`,
    )
  }
  if (status === 429) {
    const wait = waitOf(headers, now) ?? undefined
    return new Trouble({
      message: `the hub allows no more requests for now (${words})`,
      hint: `run again ${wait === undefined ? "later" : `in ${wait} seconds`}${known ? "" : "; with HF_TOKEN set it allows more"}`,
      at,
      passing: (wait ?? 0) <= longestWait,
      ...(wait === undefined ? {} : { wait }),
    })
  }
  const passing = status >= 500 || status === 408 || elsewhere
  return new Trouble({ message: `the server answers ${words}`, hint: "run again later", at, passing })
}
