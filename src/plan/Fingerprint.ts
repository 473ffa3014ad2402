import { existsSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Plugin } from "esbuild"
import { PipelineError } from "../dsl/Pipeline.ts"
import * as Hash from "../hash/Hash.ts"

/** The identity of a module's code: a hash of all it reaches, and the versions of the packages among that. */
export interface Fingerprint {
  readonly code: string
  readonly packages: Readonly<Record<string, string>>
}

/**
 * What stages build on without being part of them: their code does not count,
 * or every change to the engine would make everything stale. Raised by hand
 * when a change here changes what stages compute.
 */
const contract = "1"
const source = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const engine = [
  join(source, "dsl") + sep,
  join(source, "arrow") + sep,
  join(source, "hash") + sep,
  join(source, "index."),
]
const ownName = "rankshift"

const packageName = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

/** The nearest folder upwards in which a file of this name lies. */
const upwards = (from: string, name: string): string | undefined => {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return folder
    if (dirname(folder) === folder) return undefined
  }
}

const PackageJson = Schema.fromJsonString(Schema.Struct({ version: Schema.optionalKey(Schema.String) }))

/** Versions of packages as modules in a folder find them; undefined where there is no such package. */
const versions = () => {
  const known = new Map<string, string | undefined>()
  return (name: string, from: string): string | undefined => {
    const id = `${from}\0${name}`
    if (known.has(id)) return known.get(id)
    const inside = join("node_modules", name, "package.json")
    const folder = upwards(from, inside)
    const read = (at: string) => Schema.decodeUnknownOption(PackageJson)(readFileSync(join(at, inside), "utf8"))
    const version =
      folder === undefined ? undefined : Option.getOrElse(read(folder), () => ({ version: undefined })).version
    known.set(id, folder === undefined ? undefined : (version ?? "none"))
    return known.get(id)
  }
}

const Failure = Schema.Struct({
  errors: Schema.Array(
    Schema.Struct({
      text: Schema.String,
      location: Schema.NullOr(Schema.Struct({ file: Schema.String, line: Schema.Finite })),
    }),
  ),
})

const unreadable = (cause: unknown, root: string) => {
  const failure = Schema.decodeUnknownOption(Failure)(cause)
  const [first] = Option.isSome(failure) ? failure.value.errors : []
  const place = first?.location === null ? "" : `${resolve(root, first?.location.file ?? "")}:${first?.location.line}: `
  const said = cause instanceof Error ? cause.message : String(cause)
  return new PipelineError({
    message: `the code of a stage cannot be read: ${first === undefined ? said : `${place}${first.text}`}`,
    hint: "fix the module, or give the stage a `version`",
  })
}

interface Bundled extends Fingerprint {
  readonly text: string
}

/** Fingerprints of modules of one package. Paths in a bundle are relative to `root`: where that lies does not count. */
const ofPackage = Effect.fnUntraced(function* (
  root: string,
  files: ReadonlyArray<string>,
  readable: boolean,
): Effect.fn.Return<ReadonlyArray<readonly [file: string, Bundled]>, PipelineError> {
  const { build } = yield* Effect.promise(() => import("esbuild"))
  const versionOf = versions()
  const borders: Plugin = {
    name: "borders",
    setup: (hooks) => {
      hooks.onResolve({ filter: /.*/ }, ({ kind, path, resolveDir }) => {
        if (kind === "entry-point") return undefined
        if (/^[./]/.test(path)) {
          const isEngine = engine.some((prefix) => resolve(resolveDir, path).startsWith(prefix))
          return isEngine ? { path: "rankshift:engine", external: true, sideEffects: false } : undefined
        }
        const name = packageName(path)
        const isPackage = isBuiltin(path) || name === ownName || versionOf(name, resolveDir) !== undefined
        return isPackage ? { path, external: true, sideEffects: false } : undefined
      })
    },
  }
  const result = yield* Effect.tryPromise({
    try: () =>
      build({
        // Names without meaning keep one module's output independent of where it lies.
        entryPoints: files.map((file, index) => ({ in: file, out: String(index) })),
        absWorkingDir: root,
        bundle: true,
        write: false,
        metafile: true,
        format: "esm",
        platform: "node",
        target: "esnext",
        minifyWhitespace: !readable,
        minifySyntax: true,
        legalComments: "none",
        outdir: join(root, "fingerprint"),
        logLevel: "silent",
        plugins: [borders],
      }),
    catch: (cause) => unreadable(cause, root),
  })
  const texts = new Map(result.outputFiles.map((file) => [file.path, file.text]))
  const imports = new Map(
    Object.entries(result.metafile.outputs).map(([path, output]) => [
      resolve(root, path),
      output.imports.map((i) => i.path),
    ]),
  )
  return files.map((file, index) => {
    const path = join(root, "fingerprint", `${index}.js`)
    const reached = (imports.get(path) ?? []).filter((name) => !name.startsWith("rankshift:") && !isBuiltin(name))
    const packages = [...new Set(reached.map(packageName))].filter((name) => name !== ownName).sort()
    return [
      file,
      {
        code: Hash.ofText(`${contract}\n${texts.get(path) ?? ""}`),
        text: texts.get(path) ?? "",
        packages: Object.fromEntries(packages.map((name) => [name, versionOf(name, dirname(file)) ?? "none"])),
      },
    ] as const
  })
})

/** Modules' files by the package that they belong to. */
const byPackage = (urls: ReadonlyArray<string>): ReadonlyMap<string, ReadonlySet<string>> => {
  const roots = new Map<string, Set<string>>()
  for (const url of urls) {
    const file = fileURLToPath(url)
    const root = upwards(dirname(file), "package.json") ?? dirname(file)
    roots.set(root, (roots.get(root) ?? new Set()).add(file))
  }
  return roots
}

/**
 * Fingerprints of modules, by their URL. Each module's graph is bundled and
 * tree-shaken, comments, types and white space gone: what a stage does not
 * reach does not count. Packages are not read; their versions count instead.
 */
export const ofModules = Effect.fn("Fingerprint.ofModules")(function* (
  urls: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlyMap<string, Fingerprint>, PipelineError> {
  const found = yield* Effect.forEach(byPackage(urls), ([root, files]) => ofPackage(root, [...files], false))
  const byFile = new Map(found.flat())
  return new Map(
    urls.flatMap((url) => {
      const { code, packages } = byFile.get(fileURLToPath(url)) ?? { code: undefined, packages: {} }
      return code === undefined ? [] : [[url, { code, packages }] as const]
    }),
  )
})

/** The code of modules by their file, readable, and the fingerprint that goes with it. */
export const bundles = Effect.fn("Fingerprint.bundles")(function* (
  urls: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlyMap<string, { readonly code: string; readonly text: string }>, PipelineError> {
  const prints = yield* ofModules(urls)
  const found = yield* Effect.forEach(byPackage(urls), ([root, files]) => ofPackage(root, [...files], true))
  const texts = new Map(found.flat().map(([file, { text }]) => [file, text]))
  return new Map(
    urls.flatMap((url) => {
      const [file, print] = [fileURLToPath(url), prints.get(url)]
      return print === undefined ? [] : [[file, { code: print.code, text: texts.get(file) ?? "" }] as const]
    }),
  )
})
