/**
 * What happens when data changes while a run reads it: between the plan and the
 * reading of a source, and between the list of images and their reading. It is
 * found and named, nothing is recorded under a key of other data, and the next
 * run is equal to one from nothing.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { basename, join } from "node:path"
import * as Table from "../../src/arrow/Table.ts"
import type { Node } from "../../src/dsl/Node.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { imageFolder, imageTar, labelsCsv, onnxFile } from "../../stages/index.ts"
import { Encoder, Images, Labels, Manifest } from "../../stages/tables.ts"
import { means } from "../stages/encoders.ts"
import { folder, nodesOf, only, onDisk, pipeline, runAll, summaryOf } from "../run/engine.ts"
import { actions } from "./processes.ts"

const Read = Table.rows("read", { id: "utf8", hash: "utf8" })
const Sum = Table.whole("sum", { hash: "utf8" })
const shared = { module: import.meta, version: "1", params: Schema.Struct({}) }

/** Stages that read the sources, and one before them and one behind the list of images at which something happens. */
const make = (happens: { readonly before: () => void; readonly between: (of: string) => void }) => ({
  before: Stage.whole("before", {
    ...shared,
    inputs: {},
    output: Sum,
    run: () => Effect.sync(() => (happens.before(), { hash: [""] })),
  }),
  between: Stage.whole("between", {
    ...shared,
    params: Schema.Struct({ of: Schema.String }),
    inputs: { manifest: Manifest },
    output: Sum,
    run: (_, { of }) => Effect.sync(() => (happens.between(of), { hash: [of] })),
  }),
  images: Stage.each("images", {
    ...shared,
    inputs: { images: Images },
    output: Read,
    over: "images",
    open: (_) => Effect.succeed(({ bytes, id }) => Effect.succeed({ id, hash: Hash.ofBytes(bytes) })),
  }),
  encoder: Stage.whole("encoder", {
    ...shared,
    inputs: { encoder: Encoder },
    output: Sum,
    run: ({ encoder }) => Effect.map(encoder.all, ({ onnx }) => ({ hash: onnx.map(Hash.ofBytes) })),
  }),
  labels: Stage.whole("labels", {
    ...shared,
    inputs: { labels: Labels },
    output: Sum,
    run: ({ labels }) =>
      Effect.map(labels.all, (all) => ({ hash: [Hash.ofText(JSON.stringify([...all.labels].map((l) => [...l])))] })),
  }),
})

const images = 12
const nameOf = (i: number) => `${i % 3}/${String(i).padStart(3, "0")}.jpg`

/** A folder with a set of images as files and as a tar, labels and two encoders. */
const world = Effect.gen(function* () {
  const dir = yield* folder
  const at = (...path: ReadonlyArray<string>) => join(dir, ...path)
  const [one, two] = yield* Effect.all([means(), means({ outputs: [["features", "scaled"]] })])
  const put = (set: string, content: (i: number) => string) => {
    for (let i = 0; i < images; i++) {
      mkdirSync(at(set, String(i % 3)), { recursive: true })
      writeFileSync(at(set, nameOf(i)), content(i))
    }
  }
  put("one", (i) => `image ${i}`)
  put("two", (i) => `other ${i}`)
  symlinkSync(at("one"), at("set"))
  // Other images than those in the folder: equal ones would be one node's work.
  put("three", (i) => `packed ${i}`)
  put("four", (i) => `repacked ${i}`)
  const pack = (set: string) => {
    const packed = spawnSync("tar", ["-cf", at(`${set}.tar`), "-C", at(set), "."])
    if (packed.status !== 0) throw new Error(packed.stderr.toString())
  }
  pack("three")
  pack("four")
  copyFileSync(at("three.tar"), at("images.tar"))
  writeFileSync(at("encoder.onnx"), one)
  writeFileSync(at("other.onnx"), two)
  writeFileSync(at("labels.csv"), "id,label\na,0\nb,1\n")
  return { dir, at }
})

type World = Effect.Success<typeof world>

const targetsOf = (happens: Parameters<typeof make>[0], { at }: World): Readonly<Record<string, Node>> => {
  const stages = make(happens)
  const before = stages.before()
  const files = imageFolder({ dir: at("set") })
  const tar = imageTar({ file: at("images.tar") })
  return {
    before,
    encoder: stages.encoder(onnxFile({ file: at("encoder.onnx") })),
    labels: stages.labels(labelsCsv({ file: at("labels.csv") })),
    files: stages.images(files.images),
    filesBetween: stages.between(files.manifest, { of: "files" }),
    tar: stages.images(tar.images),
    tarBetween: stages.between(tar.manifest, { of: "tar" }),
  }
}

const nothing: Parameters<typeof make>[0] = { before: () => {}, between: () => {} }

/** One task at a time, and whole tables first: so what happens does so before anything else is read. */
const run = (world: World, cache: string, happens: Partial<typeof nothing> = {}) =>
  Effect.provide(
    runAll(pipeline(targetsOf({ ...nothing, ...happens }, world)), { jobs: 1, keepGoing: true }),
    onDisk(world.at(cache)),
  )

const recorded = ({ at }: World, cache: string) =>
  new Map(
    [...actions({ cache: at(cache), log: "", file: "" })].map(([key, { outputs }]) => [
      key,
      outputs.map(({ table }) => table.hash).join(),
    ]),
  )

/** The next run is good, and what it found and made is what a run from nothing makes. */
const right = Effect.fnUntraced(function* (world: World) {
  expect(summaryOf(yield* run(world, "cache"))).toMatchObject({ failed: 0, blocked: 0 })
  expect(summaryOf(yield* run(world, "cache"))).toMatchObject({ executed: 0 })
  expect(summaryOf(yield* run(world, "clean"))).toMatchObject({ failed: 0, blocked: 0 })
  const found = recorded(world, "cache")
  for (const [key, result] of recorded(world, "clean")) expect(found.get(key)).toBe(result)
})

/** Takes another file's place, as an atomic writer does. */
const replaceBy = (file: string, other: string) => {
  copyFileSync(other, `${file}.new`)
  renameSync(`${file}.new`, file)
}

interface Change {
  readonly change: (at: World["at"]) => void
  /** The node that has read other data than was planned. */
  readonly node: string
  /** What the message must name. */
  readonly names: string
}

describe("a source that changes after the plan and before it is read", () => {
  const changes: Readonly<Record<string, Change>> = {
    "an image is replaced": {
      change: (at) => replaceBy(at("one", nameOf(4)), at("two", nameOf(4))),
      node: "files(set)",
      names: "set",
    },
    "an image is cut short": {
      change: (at) => truncateSync(at("one", nameOf(4)), 3),
      node: "files(set)",
      names: "set",
    },
    "an image is removed": { change: (at) => unlinkSync(at("one", nameOf(4))), node: "files(set)", names: "set" },
    "an image is added": {
      change: (at) => writeFileSync(at("one/0/new.jpg"), "new"),
      node: "files(set)",
      names: "set",
    },
    "the folder goes away": { change: (at) => unlinkSync(at("set")), node: "files(set)", names: "set" },
    "an encoder's file is replaced": {
      change: (at) => replaceBy(at("encoder.onnx"), at("other.onnx")),
      node: "onnxFile(encoder)",
      names: "encoder.onnx",
    },
    "an encoder's file is half written": {
      change: (at) => truncateSync(at("encoder.onnx"), 100),
      node: "onnxFile(encoder)",
      names: "encoder.onnx",
    },
    "labels are edited": {
      change: (at) => writeFileSync(at("labels.csv"), "id,label\na,1\nb,1\n"),
      node: "labelsCsv(labels)",
      names: "labels.csv",
    },
    "a tar is replaced": {
      change: (at) => replaceBy(at("images.tar"), at("four.tar")),
      node: "tarFiles(images)",
      names: "images.tar",
    },
  }

  it.live.each(Object.keys(changes))("%s: its node fails, and says so", (name) =>
    Effect.gen(function* () {
      const it = yield* world
      const { change, names, node } = changes[name] ?? { change: () => {}, names: "", node: "" }
      const events = yield* run(it, "cache", { before: () => change(it.at) })
      const failed = only(events, "failed")
      expect(nodesOf(events, "failed")).toEqual([node])
      expect(failed[0]?.message).toContain("has changed during the run")
      expect(failed[0]?.hint).toContain("run again")
      expect(`${failed[0]?.message} ${failed[0]?.file}`).toContain(names)
      expect(nodesOf(events, "finished")).not.toContain(node)
      const known = [...actions({ cache: it.at("cache"), log: "", file: "" }).values()]
      expect(known.map((action) => action.node)).not.toContain(node)
      if (name === "the folder goes away") symlinkSync(it.at("one"), it.at("set"))
      if (name === "an encoder's file is half written") replaceBy(it.at("encoder.onnx"), it.at("other.onnx"))
      yield* right(it)
    }).pipe(Effect.scoped),
  )

  it.live(
    "a link that leads elsewhere for the time of one run leaves nothing of it under the former folder's key",
    () =>
      Effect.gen(function* () {
        const it = yield* world
        const lead = (to: string) => {
          rmSync(it.at("set"))
          symlinkSync(it.at(to), it.at("set"))
        }
        const events = yield* run(it, "cache", { before: () => lead("two") })
        expect(nodesOf(events, "failed")).toEqual(["files(set)"])
        // The stamps are those of the first plan again.
        lead("one")
        yield* right(it)
        lead("two")
        yield* right(it)
      }).pipe(Effect.scoped),
  )
})

describe("an image that changes after it was listed and before it is read", () => {
  const changes: Readonly<Record<string, (file: string, other: string) => void>> = {
    "is replaced by one of the same size": replaceBy,
    "is overwritten in place, its time set back": (file, other) => {
      const kept = spawnSync("stat", ["-c", "%y", file], { encoding: "utf8" }).stdout.trim()
      writeFileSync(file, readFileSync(other))
      spawnSync("touch", ["-d", kept, file])
    },
    "is cut short": (file) => truncateSync(file, 3),
    "is emptied": (file) => truncateSync(file, 0),
    "is removed": (file) => unlinkSync(file),
    "is a folder now": (file) => {
      unlinkSync(file)
      mkdirSync(file)
    },
  }

  it.live.each(Object.keys(changes))("%s: its shard fails and names it", (name) =>
    Effect.gen(function* () {
      const it = yield* world
      const file = it.at("set", nameOf(4))
      const other = it.at("two", nameOf(4))
      const events = yield* run(it, "cache", {
        between: (of) => (of === "files" ? changes[name]?.(file, other) : undefined),
      })
      const failed = only(events, "failed")
      expect(failed.map(({ node }) => node)).toEqual(["read(set)"])
      expect(failed[0]?.file).toBe(file)
      expect(failed[0]?.message).toContain("changed during the run")
      expect(nodesOf(events, "blocked")).toEqual(["images(set)"])
      yield* right(it)
    }).pipe(Effect.scoped),
  )

  it.live("one in a tar: the tar is named", () =>
    Effect.gen(function* () {
      const it = yield* world
      const events = yield* run(it, "cache", {
        between: (of) => (of === "tar" ? replaceBy(it.at("images.tar"), it.at("four.tar")) : undefined),
      })
      const [failed] = only(events, "failed")
      expect([failed?.node, basename(failed?.file ?? "")]).toEqual(["read(images)", "images.tar"])
      expect(failed?.message).toContain("changed during the run")
      yield* right(it)
    }).pipe(Effect.scoped),
  )

  it.live("one that is added is left for the next run", () =>
    Effect.gen(function* () {
      const it = yield* world
      const events = yield* run(it, "cache", {
        between: (of) => (of === "files" ? writeFileSync(it.at("set/0/new.jpg"), "new") : undefined),
      })
      expect(summaryOf(events)).toMatchObject({ failed: 0 })
      yield* right(it)
    }).pipe(Effect.scoped),
  )

  it.live(
    "an encoder's file and labels that are replaced once they were read: the run stands on what it has read",
    () =>
      Effect.gen(function* () {
        const it = yield* world
        yield* run(it, "undisturbed")
        const wanted = recorded(it, "undisturbed")
        const events = yield* run(it, "cache", {
          between: (of) => {
            if (of !== "tar") return
            replaceBy(it.at("encoder.onnx"), it.at("other.onnx"))
            writeFileSync(it.at("labels.csv"), "id,label\na,1\nb,1\n")
          },
        })
        expect(summaryOf(events)).toMatchObject({ failed: 0 })
        expect(recorded(it, "cache")).toEqual(wanted)
        yield* right(it)
      }).pipe(Effect.scoped),
  )
})
