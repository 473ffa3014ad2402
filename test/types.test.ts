import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folderWith } from "./stages/sources/folderWith.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const expectation = "// @ts-expect-error"

/** The lines, from 1, on which the compiler finds an error in each of these texts, as files of the project. */
const wrongLines = Effect.fnUntraced(function* (texts: Readonly<Record<string, string>>) {
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { typeRoots: [join(root, "node_modules", "@types")] },
    include: [],
    files: Object.keys(texts),
  }
  const files = Object.entries(texts).map(([name, text]) => [name, text.replaceAll('from "../', `from "${root}`)])
  const folder = yield* folderWith({
    "tsconfig.json": JSON.stringify(config),
    "package.json": '{ "type": "module" }',
    ...Object.fromEntries(files),
  })
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc")
  const output = yield* Effect.callback<string>((resume) => {
    const args = [compiler, "-p", folder, "--pretty", "false"]
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (_, said) => resume(Effect.succeed(said)))
  })
  const found = [...output.matchAll(/^(.*)\((\d+),\d+\): error TS/gmu)]
  return Object.keys(texts).map((name) => {
    const lines = found.filter(([, path = ""]) => path.endsWith(name)).map(([, , line]) => Number(line))
    return [...new Set(lines)].toSorted((a, b) => a - b)
  })
})

it.effect("edges that fit compile, and each of those that must not is an error", () =>
  Effect.gen(function* () {
    const text = yield* Effect.promise(() => readFile(new URL("types.ts", import.meta.url), "utf8"))
    const lines = text.split("\n")
    const bare = lines.map((line) => (line.startsWith(expectation) ? "//" : line)).join("\n")
    const wrong = lines.flatMap((line, index) => (line.startsWith(expectation) ? [index + 2] : []))
    expect(wrong.length).toBeGreaterThan(20)
    expect(yield* wrongLines({ "expected.ts": text, "bare.ts": bare })).toEqual([[], wrong])
  }),
)
