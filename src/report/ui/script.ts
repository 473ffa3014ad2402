import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"

/** The scripts that pages have. */
export type Script = "graphPage" | "runPage" | "reportPage"

/** A page's script with all that it needs, as one text that can stand inside a page. */
export const script = Effect.fnUntraced(function* (name: Script): Effect.fn.Return<string> {
  const esbuild = yield* Effect.promise(() => import("esbuild"))
  const kind = import.meta.url.endsWith(".ts") ? "ts" : "js"
  const { outputFiles } = yield* Effect.promise(() =>
    esbuild.build({
      entryPoints: [fileURLToPath(new URL(`./page/${name}.${kind}`, import.meta.url))],
      bundle: true,
      write: false,
      format: "iife",
      target: "es2022",
      minify: true,
      legalComments: "none",
      charset: "utf8",
      logLevel: "silent",
    }),
  )
  // A script ends at the first `</script`, in a string too.
  return (outputFiles[0]?.text ?? "").replaceAll("</", "<\\/")
})
