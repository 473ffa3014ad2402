/** What happens to the cache of the soak: damage, repair, collections, names, bundles, copies. */
import * as Schema from "effect/Schema"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { expect } from "vitest"
import { type Act, type Desk, filesIn, hour } from "./soakDesk.ts"

const Nodes = Schema.Struct({
  nodes: Schema.Record(Schema.String, Schema.Struct({ keys: Schema.Array(Schema.String) })),
})
const Ran = Schema.fromJsonString(Schema.Struct({ body: Nodes }))
const Pinned = Schema.fromJsonString(Schema.Struct({ body: Schema.Struct({ record: Nodes }) }))

/** All of it. */
export const upkeep = (desk: Desk): ReadonlyArray<Act> => {
  const { at, call, changed, count, good, known, pick, random, settle, state, world } = desk
  const flip = (file: string) => {
    const bytes = readFileSync(file)
    if (bytes.length === 0) return
    const { atime, mode, mtime } = statSync(file)
    const place = random.below(bytes.length)
    bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8))
    chmodSync(file, 0o644)
    writeFileSync(file, bytes)
    chmodSync(file, mode)
    // As a bad disk does it: nobody has written to it.
    if (random.chance(0.5)) utimesSync(file, atime, mtime)
  }
  const held = () =>
    filesIn(at("pins")).flatMap((file) => {
      const { record } = Schema.decodeUnknownSync(Pinned)(readFileSync(file, "utf8")).body
      return Object.values(record.nodes).flatMap(({ keys }) => keys)
    })

  /** The artifacts of the last run, where nothing on the way to them is damaged: those are what the next ones read. */
  const used = (): ReadonlyArray<string> => {
    try {
      const keys = Object.values(
        Schema.decodeUnknownSync(Ran)(readFileSync(filesIn(at("runs")).at(-1) ?? "", "utf8")).body.nodes,
      )
      const all = known()
      const hashes = keys.flatMap((node) => node.keys).flatMap((key) => all.get(key)?.outputs ?? [])
      return hashes
        .map(({ table }) => at("artifacts", table.hash.slice(2, 4), `${table.hash}.arrow`))
        .filter(existsSync)
    } catch {
      return []
    }
  }

  return [
    {
      name: "corrupt",
      weight: 9,
      act: () => {
        const files = ["artifacts", "actions", "runs", "memo"]
          .map((folder) => filesIn(at(folder)))
          .filter((all) => all.length > 0)
        if (files.length === 0) return "nothing there"
        const done = Array.from({ length: 1 + random.below(4) }, () => {
          const all = random.chance(0.6) ? used() : []
          // Often the last, which no stage reads: whoever looks at it finds the damage.
          const needed = random.chance(0.3) ? all.slice(-1) : all
          const file = pick(needed.length > 0 ? needed : pick(files))
          const how = pick(["flip", "flip", "truncate", "delete", "touch"] as const)
          if (!existsSync(file)) return ""
          if (how === "flip") flip(file)
          else if (how === "truncate") truncateSync(file, random.below(statSync(file).size + 1))
          else if (how === "delete") rmSync(file)
          else utimesSync(file, new Date(), new Date())
          count.corrupted++
          return `${how} ${file.slice(state.cache.length + 1)}`
        })
        state.dirty = true
        changed()
        return done.join(", ")
      },
    },
    {
      name: "verify",
      weight: 3,
      act: async () => {
        if (state.dirty) expect([0, 1]).toContain((await call(["verify"])).code)
        else await good(["verify"])
        return ""
      },
    },
    {
      name: "repair",
      weight: 4,
      act: async () => {
        await good(["verify", "--repair"])
        await good(["verify"])
        state.dirty = false
        return ""
      },
    },
    {
      name: "gc",
      weight: 5,
      act: async () => {
        const limits = [
          ...(random.chance(0.7) ? ["--keep-runs", String(random.below(4))] : []),
          ...(random.chance(0.3) ? ["--max-size", pick(["0", "20KB", "1GB"])] : []),
          ...(random.chance(0.3) ? ["--older-than", pick(["30m", "2h"])] : []),
          ...(random.chance(0.2) ? ["--dry-run"] : []),
        ]
        // Pixels may go for the sake of a size: no key depends on them.
        const before = state.dirty ? new Map<string, { readonly node: string }>() : known()
        const wanted = held().filter((key) => before.has(key) && !before.get(key)?.node.startsWith("scale"))
        await good(["gc", ...limits], hour)
        if (!state.dirty) {
          const left = known()
          expect(wanted.filter((key) => !left.has(key))).toEqual([])
          await good(["verify"])
        }
        return limits.join(" ")
      },
    },
    {
      name: "pin",
      weight: 2,
      act: async () => {
        if (filesIn(at("runs")).length === 0) return "no run"
        const pinned = filesIn(at("pins"))
        if (pinned.length > 2) return (await good(["pin", "--remove", basename(pinned[0] ?? "", ".json")]), "remove")
        const { code, err } = await call(["pin", `p${state.pins++}`])
        // The last record may have been the one that was damaged.
        if (code !== 0) expect([state.dirty, err]).toEqual([true, expect.stringContaining("there is no run")])
        return ""
      },
    },
    {
      name: "look",
      weight: 2,
      act: async () => {
        const args = pick([
          ["status"],
          ["status", "--disk"],
          ["graph"],
          ["explain", "table"],
          ["run", "--dry-run"],
          ["pin"],
        ])
        await good(args)
        return args.join(" ")
      },
    },
    {
      name: "bundle and restore",
      weight: 2,
      act: async () => {
        // Sound, and all of it there: a bundle takes no damaged artifact.
        await good(["verify", "--repair"])
        state.dirty = false
        await settle()
        const file = join(world.folder, "bundle.tar")
        await good(["bundle", "table", "-o", file])
        const former = state.cache
        state.cache = join(world.folder, `cache${++state.caches}`)
        await good(["restore", file])
        await settle()
        rmSync(file)
        if (random.chance(0.5)) {
          rmSync(state.cache, { recursive: true })
          state.cache = former
        } else rmSync(former, { recursive: true })
        return ""
      },
    },
    {
      name: "copy, and break it off",
      weight: 1,
      act: () => {
        const [former, files] = [state.cache, filesIn(state.cache)]
        state.cache = join(world.folder, `cache${++state.caches}`)
        const whole = random.chance(0.3)
        for (const file of files) {
          const to = join(state.cache, file.slice(former.length))
          mkdirSync(dirname(to), { recursive: true })
          cpSync(file, to, { preserveTimestamps: true })
          if (whole || random.chance(0.8) || basename(file) === "VERSION" || file.includes("/pins/")) continue
          const how = pick(["missing", "short", "temporary"] as const)
          if (how === "missing") rmSync(to)
          else if (how === "temporary") renameSync(to, join(dirname(to), `.${basename(to)}.AbCdEf`))
          else truncateSync(to, random.below(statSync(to).size + 1))
        }
        rmSync(former, { recursive: true, force: true })
        state.dirty ||= !whole
        changed()
        return whole ? "whole" : "in part"
      },
    },
  ]
}
