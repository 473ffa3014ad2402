/**
 * Images a second of `decode` and `preprocess` (short side 256, middle 224), exact
 * and in fast mode, beside the same in Pillow, in one process a core, and with
 * sharp alone: one pipeline of libvips an image, decoding, resizing with its own
 * kernel and cropping. Then how far the pixels of fast mode are from the exact
 * ones; those equal Pillow's, or the run fails.
 *
 * `npm run bench:preprocess`, on a machine that does nothing else; `--filter=bicubic`
 * for another filter, `--images=400` for longer walks, `--rounds=9` for more of them.
 *
 * JPEGs that the project makes itself, 4:2:0: 500 x 375 pixels, as ImageNet's
 * usually have, which fast mode leaves to the exact one, and 1600 x 1200, of which
 * it decodes a half. The stages have
 * as many images in flight as in a run, sharp one a core. All walk in turns; ratios
 * are of neighbours in time.
 */
import { createHash } from "node:crypto"
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import sharp from "sharp"
import { decode } from "../stages/decode.ts"
import { centre, shortSide } from "../stages/geometry.ts"
import { preprocess } from "../stages/preprocess.ts"
import { openEach, services } from "../test/harness.ts"
import { print } from "./engine/table.ts"
import { pillow } from "./images/pillow.ts"
import { photographs } from "./images/photographs.ts"

const { values: options } = parseArgs({
  options: {
    filter: { type: "string", default: "bilinear" },
    images: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
  },
})
const kernels = { bilinear: "linear", bicubic: "cubic" } as const
const filter = options.filter === "bicubic" ? "bicubic" : "bilinear"
const cores = availableParallelism()
const inFlight = 2 * (cores + 1)
const rounds = Number(options.rounds)
const params = { resize: 256, crop: 224, filter }

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

interface Walk {
  /** Images a second. */
  readonly rate: number
  /** Milliseconds of a processor for each; other programs do not lengthen them as much. */
  readonly work: number
}

const alone = async (bytes: Uint8Array, size: { readonly height: number; readonly width: number }) => {
  const to = shortSide(size, 256)
  const { data } = await sharp(bytes, { ignoreIcc: true })
    .resize({ ...to, fit: "fill", kernel: kernels[filter] })
    .extract(centre(to, { height: 224, width: 224 }))
    .raw()
    .toBuffer({ resolveWithObject: true })
  return data
}

/** Mean and largest difference, and the signal to noise ratio in dB. */
const difference = (pairs: ReadonlyArray<readonly [Uint8Array, Uint8Array]>) => {
  let [sum, squares, most, count] = [0, 0, 0, 0]
  for (const [a, b] of pairs) {
    for (let i = 0; i < a.length; i++) {
      const off = Math.abs((a[i] ?? 0) - (b[i] ?? 0))
      sum += off
      squares += off * off
      most = Math.max(most, off)
    }
    count += a.length
  }
  return { mean: sum / count, most, psnr: 10 * Math.log10((255 * 255 * count) / squares) }
}

const compare = Effect.fnUntraced(function* (width: number, height: number, images: number) {
  const files = yield* Effect.promise(() => photographs(8, { height, width }))
  const file = (i: number) => files[i % files.length] ?? new Uint8Array()
  const decoding = yield* openEach(decode, {}, {})
  const shrinking = yield* openEach(decode, {}, { fast: { resize: params.resize, filter } })
  const resizing = yield* openEach(preprocess, {}, params)
  const row = (i: number) => ({ id: `${i}`, bytes: file(i) })
  // As a run does it, memory of decoded images is given back at once.
  const release = decode.kind === "each" ? decode.release : undefined
  const through = (decoder: typeof decoding) => (i: number) =>
    Effect.flatMap(decoder(row(i)), (image) =>
      Effect.ensuring(
        resizing(image),
        Effect.sync(() => release?.(image)),
      ),
    )
  const exact = through(decoding)
  const fast = through(shrinking)
  const peer = yield* pillow(files, { filter, processes: cores })

  const pixels = yield* Effect.forEach(files, (_, i) => Effect.all([exact(i), fast(i)]))
  const hashes = pixels.map(([one]) => createHash("sha256").update(one.pixels.data).digest("hex"))
  if (peer !== undefined && hashes.join() !== peer.hashes.join()) {
    return yield* Effect.die(new Error(`exact pixels are not those of Pillow ${peer.version}`))
  }

  const walk = Effect.fnUntraced(function* <A, E, R>(one: (i: number) => Effect.Effect<A, E, R>, concurrency: number) {
    const [start, before] = [performance.now(), process.cpuUsage()]
    yield* Effect.forEach(
      Array.from({ length: images }, (_, i) => i),
      one,
      { concurrency, discard: true },
    )
    const { system, user } = process.cpuUsage(before)
    return { rate: (1000 * images) / (performance.now() - start), work: (user + system) / 1000 / images }
  })
  const byPillow =
    peer &&
    Effect.map(peer.walk(images), ([wall, work]) => ({
      rate: images / wall,
      work: (1000 * work) / images,
    }))
  const found: Array<Readonly<Record<string, Walk>>> = []
  for (let round = -1; round < rounds; round++) {
    const one: Record<string, Walk> = {}
    one["exact"] = yield* walk(exact, inFlight)
    if (byPillow !== undefined) one["Pillow"] = yield* byPillow
    one["fast"] = yield* walk(fast, inFlight)
    one["sharp alone"] = yield* walk((i) => Effect.promise(() => alone(file(i), { height, width })), cores)
    one["decode alone"] = yield* walk((i) => Effect.map(decoding(row(i)), (image) => release?.(image)), inFlight)
    // The first round warms up.
    if (round >= 0) found.push(one)
  }
  const of = (name: string, key: keyof Walk) => found.flatMap((one) => one[name]?.[key] ?? [])
  const ratio = (name: string, key: keyof Walk) => {
    const all = found.flatMap((one) => {
      const [a, b] = [one[name]?.[key], one["exact"]?.[key]]
      return a === undefined || b === undefined ? [] : [key === "rate" ? a / b : b / a]
    })
    return `${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)})`
  }
  const size = files.reduce((sum, { length }) => sum + length, 0) / files.length
  yield* Effect.sync(() => {
    const names = Object.keys(found[0] ?? {})
    print(
      `${images} JPEGs of ${width} x ${height} pixels and ${(size / 1000).toFixed(0)} kB, ${filter}, ${cores} cores`,
      ["", "images/s", "of the exact mode's", "ms of a processor", "exact mode's / its own"],
      names.map((name) => [
        name === "Pillow" ? `Pillow ${peer?.version}, ${cores} processes` : name,
        median(of(name, "rate")).toFixed(0),
        ratio(name, "rate"),
        median(of(name, "work")).toFixed(2),
        ratio(name, "work"),
      ]),
    )
    const { mean, most, psnr } = difference(pixels.map(([one, two]) => [one.pixels.data, two.pixels.data]))
    console.log(
      most === 0
        ? "  fast mode's pixels: equal to the exact ones, as the images are not three times as large as is asked for"
        : `  fast mode's pixels: off by ${mean.toFixed(2)} on average, by ${most} at most, PSNR ${psnr.toFixed(1)} dB`,
    )
    console.log(
      peer === undefined
        ? "  Pillow is not installed (/usr/bin/python3, python3-pil): not compared"
        : `  exact pixels: equal to Pillow ${peer.version}'s`,
    )
  })
})

const program = Effect.gen(function* () {
  sharp.concurrency(1)
  sharp.cache(false)
  const images = Number(options.images)
  yield* Effect.scoped(compare(500, 375, images))
  yield* Effect.scoped(compare(1600, 1200, Math.ceil(images / 5)))
})

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(services())))
