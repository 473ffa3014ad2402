import { existsSync, readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

/** The oldest Node.js that runs a pipeline. */
export const oldest = "22.19.0"

/** Whether a version of Node.js (`24.21.0`) is new enough. */
export const isNewEnough = (version: string): boolean => {
  const [found, wanted] = [version, oldest].map((text) => text.split(".").map(Number))
  for (const [at, least] of (wanted ?? []).entries()) {
    const part = found?.[at] ?? 0
    if (part !== least) return part > least
  }
  return true
}

/**
 * The program that the npm package `node` has installed beside this package,
 * undefined where there is none or it is the one that runs now.
 */
export const bundledNode = (from: string): string | undefined => {
  try {
    const manifest = createRequire(from).resolve("node/package.json")
    const { bin }: { bin?: { node?: string } } = JSON.parse(readFileSync(manifest, "utf8"))
    const program = join(dirname(manifest), bin?.node ?? "bin/node")
    return existsSync(program) && realpathSync(program) !== realpathSync(process.execPath) ? program : undefined
  } catch {
    return undefined
  }
}

/** What to do where Node.js is too old: `bundled` is the newer one that the package `node` has brought, if it has. */
export const advice = (version: string, bundled: string | undefined): string => {
  const wanted = `Node.js ${oldest} or newer is needed; this is ${version}.`
  return bundled === undefined
    ? [
        wanted,
        "The package `node` brings one along, but its install script has not run. Allow it, then install again:",
        "  npm install-scripts approve node esbuild",
        "  npm ci",
        "npm before version 11 has no such command: there, `npm ci` without `--ignore-scripts` is enough.",
      ].join("\n")
    : [wanted, `A newer one is installed here: use \`npx\` or \`npm run\`, or ${bundled}.`].join("\n")
}
