import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { fileURLToPath } from "node:url"
import type { PipelineError } from "../dsl/Pipeline.ts"
import * as Hash from "../hash/Hash.ts"
import { Store } from "../store/Store.ts"
import * as Fingerprint from "./Fingerprint.ts"

/** A top-level declaration that a stage's code reaches. */
const Declared = Schema.Struct({
  /** The module, from the package's folder: `stages/resample.ts`. */
  module: Schema.String,
  /** `function pillow`, `const limits`, `class Pool`; a statement by its number. */
  name: Schema.String,
  /** Of its text without comments and white space. */
  hash: Schema.String,
})

/** All declarations that a fingerprint is made of. */
export const Listing = Schema.Array(Declared)
export type Listing = typeof Listing.Type

/** A declaration that differs between two listings. */
export interface Renamed {
  readonly module: string
  readonly name: string
  readonly what: "changed" | "added" | "removed"
}

const Stored = Schema.fromJsonString(Listing)
const decode = Schema.decodeUnknownOption(Stored)
const encode = Schema.encodeSync(Stored)

const keptAs = (code: string) => `code/${code}`

/** The listing that was kept for a fingerprint; undefined where there is none. */
export const recall = Effect.fnUntraced(function* (code: string) {
  const bytes = yield* (yield* Store).memo.load(keptAs(code))
  return bytes === undefined ? undefined : Option.getOrUndefined(decode(Buffer.from(bytes).toString("utf8")))
})

/** What differs between two listings, by name. */
export const differences = (before: Listing, after: Listing): ReadonlyArray<Renamed> => {
  const idOf = ({ module, name }: { readonly module: string; readonly name: string }) => `${module}\0${name}`
  const was = new Map(before.map((one) => [idOf(one), one]))
  const is = new Map(after.map((one) => [idOf(one), one]))
  const told = ({ module, name }: Listing[number], what: Renamed["what"]): Renamed => ({ module, name, what })
  return [
    ...after.flatMap((one) => {
      const former = was.get(idOf(one))
      if (former === undefined) return [told(one, "added")]
      return former.hash === one.hash ? [] : [told(one, "changed")]
    }),
    ...before.filter((one) => !is.has(idOf(one))).map((one) => told(one, "removed")),
  ]
}

// As esbuild heads each module of a bundle.
const heading = /^ (\S+\.[cm]?[jt]sx?)$/

/** The declarations of a bundle, in its order. */
const declarations = Effect.fnUntraced(function* (bundle: string): Effect.fn.Return<Listing> {
  const { parse, tokenizer } = yield* Effect.promise(() => import("acorn"))
  const settings = { ecmaVersion: "latest", sourceType: "module" } as const
  const modules: Array<{ readonly at: number; readonly module: string }> = []
  const { body } = parse(bundle, {
    ...settings,
    onComment: (block, text, at) => {
      const [, module] = block ? [] : (heading.exec(text) ?? [])
      if (module !== undefined) modules.push({ at, module })
    },
  })
  const text = (start: number, end: number) => {
    const tokens = tokenizer(bundle.slice(start, end), settings)
    return Hash.ofText(Array.from(tokens, (token) => bundle.slice(start + token.start, start + token.end)).join(" "))
  }
  const listed: Array<Listing[number]> = []
  const counts = new Map<string, number>()
  for (const statement of body) {
    const { end, start, type } = statement
    if (
      type === "ImportDeclaration" ||
      (type.startsWith("Export") && !("declaration" in statement && statement.declaration))
    )
      continue
    const module = modules.findLast(({ at }) => at < start)?.module ?? ""
    const add = (name: string, from = start, to = end) => listed.push({ module, name, hash: text(from, to) })
    if (statement.type === "FunctionDeclaration") add(`function ${statement.id.name}`)
    else if (statement.type === "ClassDeclaration") add(`class ${statement.id.name}`)
    else if (statement.type === "VariableDeclaration") {
      for (const one of statement.declarations) {
        add(`const ${one.id.type === "Identifier" ? one.id.name : "of several names"}`, one.start, one.end)
      }
    } else {
      const count = (counts.get(module) ?? 0) + 1
      counts.set(module, count)
      add(`statement ${count}`)
    }
  }
  return listed
})

interface Code {
  readonly url: string
  readonly code: string
}

/** Lists stages' code as it is now, by the code's fingerprint. What has been edited since it was taken is left out. */
const list = Effect.fnUntraced(
  function* (stages: ReadonlyArray<Code>): Effect.fn.Return<ReadonlyMap<string, Listing>, PipelineError> {
    const bundles = yield* Fingerprint.bundles([...new Set(stages.map(({ url }) => url))])
    const found = new Map<string, Listing>()
    for (const { code, url } of stages) {
      const bundle = bundles.get(fileURLToPath(url))
      if (bundle !== undefined && bundle.code === code) found.set(code, yield* declarations(bundle.text))
    }
    return found
  },
  // It is only a detail of `explain`: without it there is less to say.
  Effect.catchCause(() => Effect.succeed<ReadonlyMap<string, Listing>>(new Map())),
)

/** The listing of a stage's code: as it was kept, or else as it is now; undefined where neither can be had. */
export const of = Effect.fnUntraced(function* (stage: Code): Effect.fn.Return<Listing | undefined, never, Store> {
  return (yield* recall(stage.code)) ?? (yield* list([stage])).get(stage.code)
})

/**
 * Keeps the listings of stages' code, for those of which there is none yet, so
 * that later changes can be told by name.
 */
export const keep = Effect.fn("Listing.keep")(function* (
  stages: ReadonlyArray<Code>,
): Effect.fn.Return<void, never, Store> {
  const { memo } = yield* Store
  const missing: Array<Code> = []
  for (const stage of new Map(stages.map((stage) => [stage.code, stage])).values()) {
    if ((yield* memo.load(keptAs(stage.code))) === undefined) missing.push(stage)
  }
  if (missing.length === 0) return
  for (const [code, listing] of yield* list(missing)) yield* memo.save(keptAs(code), Buffer.from(encode(listing)))
})
