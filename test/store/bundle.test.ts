import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Tar from "effect/encoding/Tar"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { beforeAll, describe, expect } from "vitest"
import * as Bundle from "../../src/store/Bundle.ts"
import * as Layout from "../../src/store/Layout.ts"
import * as Pins from "../../src/store/Pins.ts"
import { restore } from "../../src/store/restore.ts"
import { Store } from "../../src/store/Store.ts"
import * as Verify from "../../src/store/verify.ts"
import { actionOf, Features, features, folders, get, Manifest, manifest, put, runOf } from "./samples.ts"

const newFolder = folders("bundle")
const newLayout = () => Layout.make(newFolder())
const newFile = () => {
  const folder = newFolder()
  mkdirSync(folder)
  return join(folder, "some.tar")
}

const withStore = <A, E>(layout: Layout.Layout, use: (store: Store["Service"]) => Effect.Effect<A, E, Store>) =>
  Effect.provide(Effect.flatMap(Store, use), Store.layer(layout.root))

/** A store with two actions, and a bundle of both. */
const bundled = Effect.gen(function* () {
  const layout = newLayout()
  const file = newFile()
  const { a, b, one } = yield* withStore(layout, (store) =>
    Effect.gen(function* () {
      const one = yield* put(Features, [features(500), features(300, 2)])
      const two = yield* put(Manifest, [manifest(4)])
      const [a, b] = [actionOf("a", [one]), actionOf("b", [{ ...two, skipped: one.table }])]
      yield* store.record(a)
      yield* store.record(b)
      return { one, a, b }
    }),
  )
  const selection: Bundle.Selection = {
    pipeline: "benchmark-lottery",
    targets: ["aggregate"],
    tablesOnly: false,
    actions: [a, b],
    run: runOf("2026-11-20T09:00:00.000Z", [a.key, b.key]),
  }
  const bytes = yield* Bundle.write(layout, selection, file)
  return { layout, file, a, b, one, selection, bytes }
})

// Shared by those that leave its store as it is: writing durably takes a while.
let sample: Effect.Success<typeof bundled>
beforeAll(async () => {
  sample = await Effect.runPromise(bundled)
})

const restored = (layout: Layout.Layout, file: string) => Effect.scoped(restore(layout, file))

/** Nothing in the store is damaged, and no action is without its artifacts. */
const sound = (layout: Layout.Layout) =>
  Effect.gen(function* () {
    const found = yield* Stream.runCollect(Verify.verify(yield* Verify.subjects(layout), 2))
    expect(found.filter(({ problem }) => problem !== undefined)).toEqual([])
    expect(existsSync(layout.tmp) ? readdirSync(layout.tmp) : []).toEqual([])
    return found.length
  })

it.effect("brings actions, artifacts and the run to another store", () =>
  Effect.gen(function* () {
    const { a, b, bytes, file, one } = sample
    expect(readFileSync(file).length).toBe(bytes)
    expect(readdirSync(dirname(file))).toEqual(["some.tar"])
    const layout = newLayout()
    expect(yield* restored(layout, file)).toMatchObject({
      contents: { pipeline: "benchmark-lottery", targets: ["aggregate"], tablesOnly: false },
      artifacts: 3,
      actions: 2,
    })
    yield* withStore(layout, (store) =>
      Effect.gen(function* () {
        expect(yield* store.action(a.key)).toEqual(a)
        expect(yield* store.action(b.key)).toEqual(b)
        expect(yield* get(Features, one)).toEqual([features(500), features(300, 2)])
        expect((yield* store.lastRuns(2)).map(({ started }) => started)).toEqual(["2026-11-20T09:00:00.000Z"])
      }),
    )
    expect(yield* sound(layout)).toBe(6)
    expect(yield* restored(layout, file)).toMatchObject({ artifacts: 0, actions: 0 })
    expect((yield* Pins.find(layout, "2026")).map(({ id }) => id)).toEqual(["2026-11-20T09-00-00.000Z-bundle"])
  }),
)

it.effect("equal results give equal bytes, in whatever order they are asked for", () =>
  Effect.gen(function* () {
    const { file, layout, selection } = sample
    const other = newFile()
    yield* Bundle.write(layout, { ...selection, actions: selection.actions.toReversed() }, other)
    expect(readFileSync(other).equals(readFileSync(file))).toBe(true)
  }),
)

it.effect("what is damaged is not bundled, and no file is left behind", () =>
  Effect.gen(function* () {
    const { file, layout, one, selection } = yield* bundled
    const artifact = layout.artifact(one.table.hash)
    const sizes = [
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes.subarray(1),
      (bytes: Buffer) => Buffer.concat([bytes, bytes]),
    ]
    const whole = readFileSync(artifact)
    for (const change of sizes) {
      const bytes = change(Buffer.from(whole))
      bytes[300] = (bytes[300] ?? 0) ^ 1
      chmodSync(artifact, 0o644)
      writeFileSync(artifact, bytes)
      const other = newFile()
      const error = yield* Effect.flip(Bundle.write(layout, selection, other))
      expect(error).toMatchObject({ _tag: "StoreError", kind: "damaged", file: artifact })
      expect(error.hint).toContain("verify --repair")
      expect(readdirSync(dirname(other))).toEqual([])
      // A bundle that is there already stays.
      expect(yield* Effect.result(Bundle.write(layout, selection, file))).toMatchObject({ _tag: "Failure" })
    }
    yield* restored(newLayout(), file)
  }),
)

describe("a file that lies", () => {
  it.effect("is refused wherever it is cut, and what is restored until then is sound", () =>
    Effect.gen(function* () {
      const { bytes, file } = sample
      const whole = readFileSync(file)
      const cut = newFile()
      for (const part of [0, 0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.96]) {
        writeFileSync(cut, whole.subarray(0, Math.floor(bytes * part)))
        const layout = newLayout()
        const error = yield* Effect.flip(restored(layout, cut))
        expect(error).toMatchObject({ _tag: "StoreError", kind: "damaged", file: cut })
        expect(error.message).toMatch(/ends early|empty/)
        expect(error.hint).toContain("copy it again")
        yield* sound(layout)
        expect(existsSync(layout.actions)).toBe(false)
      }
    }),
  )

  it.effect("is refused where it was cut between two files", () =>
    Effect.gen(function* () {
      const { file } = sample
      const entries = yield* unpacked(file)
      for (let n = 1; n < entries.length; n++) {
        const layout = newLayout()
        const error = yield* Effect.flip(restored(layout, yield* packed(entries.slice(0, n))))
        expect(error.message).toContain(
          `it ends early: ${entries.length - n} of ${entries.length - 1} files are missing`,
        )
        expect(existsSync(layout.actions)).toBe(false)
      }
    }),
  )

  it.effect.prop(
    "is refused whichever byte is changed, or the store is as good as if none were",
    {
      at: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
      bit: Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7]),
    },
    ({ at, bit }) =>
      Effect.gen(function* () {
        const { bytes, file } = sample
        const changed = readFileSync(file)
        const position = Math.min(bytes - 1, Math.floor(at * bytes))
        changed[position] = (changed[position] ?? 0) ^ (1 << bit)
        const other = newFile()
        writeFileSync(other, changed)
        const layout = newLayout()
        const result = yield* Effect.result(restored(layout, other))
        const count = yield* sound(layout)
        // Padding, owners and times are nobody's; all else is noticed.
        if (Result.isSuccess(result)) expect(count).toBe(6)
        else expect(existsSync(layout.actions)).toBe(false)
      }),
    { arbitrary: { runs: 30 } },
  )

  const entry = (path: string, content = "x") => Tar.file(path, content)
  const strange = [
    { what: "leaves the folder", entry: entry("artifacts/../../x.arrow") },
    { what: "leaves the folder by a detour", entry: entry("artifacts/00/../../../etc/passwd") },
    { what: "is absolute", entry: entry("/etc/cron.d/x") },
    { what: "is no file of a store", entry: entry("src/index.ts") },
    { what: "lies on the wrong shelf", entry: entry(`artifacts/00/x1${"ab".repeat(16)}.arrow`) },
    { what: "has a name of other letters", entry: entry(`artifacts/ab/x1${"AB".repeat(16)}.arrow`) },
    { what: "is a link", entry: Tar.symlink(`artifacts/ab/x1${"ab".repeat(16)}.arrow`, "/etc/passwd") },
    { what: "is another name of a file", entry: Tar.hardlink(`actions/ab/x1${"ab".repeat(16)}.json`, "/etc/passwd") },
    { what: "is a folder", entry: Tar.directory("artifacts") },
    { what: "is a pin", entry: entry("pins/mine.json") },
    { what: "is a run with a path for a name", entry: entry("runs/2026-11-20T09/../../../x-bundle.json") },
  ]
  it.effect.each(strange)("is refused where a name $what", ({ entry }) =>
    Effect.gen(function* () {
      const { file } = sample
      const [contents, ...rest] = yield* unpacked(file)
      const layout = newLayout()
      const error = yield* Effect.flip(
        restored(layout, yield* packed([...(contents === undefined ? [] : [contents]), entry, ...rest])),
      )
      expect(error).toMatchObject({ kind: "damaged" })
      expect(error.message).toContain("has no place in a bundle")
      expect(readdirSync(layout.root).sort()).toEqual(["VERSION", "live", "tmp"])
    }),
  )

  it.effect("is refused where an artifact or an action is another's, or an artifact is left out", () =>
    Effect.gen(function* () {
      const { a, b, file, one } = sample
      const entries = yield* unpacked(file)
      const of = (path: string) => entries.find(({ header }) => header.path === path)?.content ?? new Uint8Array()
      const swapped = (path: string, content: Uint8Array) =>
        entries.map((entry) => (entry.header.path === path ? unpackedOf(path, content) : entry))
      const cases = [
        {
          entries: swapped(Bundle.paths.artifact(one.table.hash), of(Bundle.paths.action(a.key))),
          said: "its name says",
        },
        { entries: swapped(Bundle.paths.action(b.key), of(Bundle.paths.action(a.key))), said: `record of ${a.key}` },
        { entries: swapped(Bundle.contentsName, Buffer.from("{}")), said: "does not say what is in the bundle" },
        {
          entries: relisted(entries, (path) => path !== Bundle.paths.artifact(one.table.hash)),
          said: `its artifact ${one.table.hash} is missing`,
        },
        { entries: entries.slice(1), said: "does not begin with one rankshift-bundle.json" },
        { entries: [...entries.slice(0, 1), ...entries], said: "does not begin with one rankshift-bundle.json" },
      ]
      for (const { entries, said } of cases) {
        const layout = newLayout()
        const error = yield* Effect.flip(restored(layout, yield* packed(entries)))
        expect(error.message).toContain(said)
        yield* sound(layout)
        expect(existsSync(layout.actions)).toBe(false)
      }
    }),
  )

  it.effect("is refused where it is of another format, or no bundle at all", () =>
    Effect.gen(function* () {
      const { file } = sample
      const [first, ...rest] = yield* unpacked(file)
      const text = Buffer.from(first?.content ?? [])
        .toString()
        .replace('"format":1', '"format":2')
      const newer = yield* packed([unpackedOf(Bundle.contentsName, Buffer.from(text)), ...rest])
      const error = yield* Effect.flip(restored(newLayout(), newer))
      expect(error.message).toContain("it is of format 2, and this version reads format 1")
      const noise = newFile()
      writeFileSync(noise, Buffer.alloc(5000, "noise"))
      expect((yield* Effect.flip(restored(newLayout(), noise))).message).toContain("it is no tar archive")
      expect((yield* Effect.flip(restored(newLayout(), `${noise}.no`))).message).toContain("there is no file")
    }),
  )
})

it.effect("never replaces what is good", () =>
  Effect.gen(function* () {
    const { a, file, layout } = yield* bundled
    const better = { ...a, seconds: 99 }
    yield* withStore(layout, (store) => store.record(better))
    yield* restored(layout, file)
    expect(yield* withStore(layout, (store) => store.action(a.key))).toEqual(better)
  }),
)

it.effect("replaces what is damaged or has lost its artifact", () =>
  Effect.gen(function* () {
    const { a, b, file, layout, one } = yield* bundled
    const lost = actionOf("a", [{ table: { ...one.table, hash: one.table.hash.replace(/.$/, "0"), bytes: 3 } }])
    yield* withStore(layout, (store) => store.record(lost))
    writeFileSync(layout.action(b.key), "{")
    const artifact = layout.artifact(one.table.hash)
    chmodSync(artifact, 0o644)
    writeFileSync(artifact, "short")
    utimesSync(artifact, 1, 1)
    expect(yield* restored(layout, file)).toMatchObject({ actions: 2 })
    expect(yield* withStore(layout, (store) => store.action(a.key))).toEqual(a)
    yield* sound(layout)
  }),
)

interface Unpacked extends Tar.Entry {
  readonly content: Uint8Array
}

const unpackedOf = (path: string, content: Uint8Array): Unpacked => ({ ...Tar.file(path, content), content })

const unpacked = (file: string): Effect.Effect<ReadonlyArray<Unpacked>, unknown> =>
  Stream.fromIterable([new Uint8Array(readFileSync(file))]).pipe(
    Stream.pipeThroughChannel(Tar.decode()),
    Stream.mapEffect(({ body, header }) =>
      Effect.map(Stream.runCollect(body), (chunks) => unpackedOf(header.path, Buffer.concat(chunks))),
    ),
    Stream.runCollect,
  )

const packed = (entries: ReadonlyArray<Tar.Entry>) =>
  Effect.gen(function* () {
    const file = newFile()
    const chunks = yield* Stream.runCollect(Stream.fromIterable(entries).pipe(Stream.pipeThroughChannel(Tar.encode())))
    writeFileSync(file, Buffer.concat(chunks))
    return file
  })

/** Entries without some, which the list of contents does not name either: as if they had never been meant to be there. */
const relisted = (entries: ReadonlyArray<Unpacked>, keep: (path: string) => boolean): ReadonlyArray<Unpacked> =>
  entries.flatMap((entry) => {
    if (!keep(entry.header.path)) return []
    if (entry.header.path !== Bundle.contentsName) return [entry]
    const contents = Schema.decodeUnknownSync(Schema.fromJsonString(Bundle.Contents))(
      Buffer.from(entry.content).toString(),
    )
    const files = contents.files.filter(({ path }) => keep(path))
    return [unpackedOf(Bundle.contentsName, Buffer.from(JSON.stringify({ ...contents, files })))]
  })
