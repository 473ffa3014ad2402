import { arch, cpus, hostname, platform } from "node:os"
import * as Context from "effect/Context"

/** The machine, as actions record it: for provenance, never part of a key. */
export class Host extends Context.Reference<Readonly<Record<string, string>>>("rankshift/Host", {
  defaultValue: () => ({
    host: hostname(),
    platform: `${platform()}-${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: String(cpus().length),
    node: process.version,
  }),
}) {}
