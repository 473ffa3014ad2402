import { homedir } from "node:os"
import { join, resolve } from "node:path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { StageError } from "../../../src/dsl/StageError.ts"

/** What the environment says of the hub, in the variables of Hugging Face's own tools. */
export interface Settings {
  /** The hub's address, without a slash at its end. */
  readonly endpoint: string
  readonly token: Redacted.Redacted | undefined
  /** Whether the network must not be touched. */
  readonly offline: boolean
  /** Where downloads are kept. */
  readonly folder: string
}

const text = (name: string) => Config.String(name).pipe(Config.withDefault(""))

const variables = Config.all({
  cache: text("HF_HUB_CACHE"),
  endpoint: text("HF_ENDPOINT"),
  home: text("HF_HOME"),
  offline: text("HF_HUB_OFFLINE"),
  token: Config.Redacted("HF_TOKEN").pipe(Config.withDefault(Redacted.make(""))),
  xdg: text("XDG_CACHE_HOME"),
})

const yes = new Set(["1", "on", "true", "yes"])

const isAddress = (text: string) => URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol)

/**
 * Reads `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE` and, for the folder, `HF_HUB_CACHE`,
 * `HF_HOME` and `XDG_CACHE_HOME`. An empty one counts as not set.
 */
export const settings: Effect.Effect<Settings, StageError> = Effect.gen(function* () {
  const said = yield* Effect.mapError(
    variables,
    (cause) => new StageError({ message: `the environment cannot be read: ${cause.message}`, cause }),
  )
  const endpoint = (said.endpoint.trim() || "https://huggingface.co").replace(/\/+$/u, "")
  if (!isAddress(endpoint)) {
    return yield* new StageError({
      message: `HF_ENDPOINT is ${JSON.stringify(endpoint)}, which is no address`,
      hint: "it names a mirror of the hub: HF_ENDPOINT=https://mirror.example",
    })
  }
  const token = Redacted.value(said.token).trim()
  const home = said.home || join(said.xdg || join(homedir(), ".cache"), "huggingface")
  return {
    endpoint,
    token: token === "" ? undefined : Redacted.make(token),
    offline: yes.has(said.offline.trim().toLowerCase()),
    folder: resolve(said.cache || join(home, "hub")),
  }
})
