/**
 * Images a second of `decode` and `preprocess` (short side 256, middle 224,
 * Pillow's bicubic) beside the same with sharp alone: one pipeline of libvips an
 * image, decoding, resizing with its own cubic kernel and cropping. Run it with
 * `npx tsx bench/preprocess.ts`, on a machine that does nothing else.
 *
 * JPEGs of ImageNet's size: 500 x 375 pixels, 100 kB, 4:2:0. Both work on as many
 * images at a time as there are cores, and walk in turns; a ratio is of two
 * neighbours in time.
 */
import { availableParallelism } from "node:os"
import * as Effect from "effect/Effect"
import sharp from "sharp"
import { decode } from "../stages/decode.ts"
import { preprocess } from "../stages/preprocess.ts"
import { openEach, services } from "../test/harness.ts"

const cores = availableParallelism()
const [width, height] = [500, 375]
const images = 200
const rounds = 5

/** Soft shapes and noise: as much detail as makes a file of ImageNet's usual size. */
const picture = (seed: number) => {
  let state = seed * 2654435761 + 1
  const noise = () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    return ((state ^= state >>> 15) >>> 0) / 2 ** 32 - 0.5
  }
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    const shape = Math.sin((x * (seed + 3)) / 90) * Math.cos((y * (seed + 5)) / 70) + Math.sin((x + y * (i % 3)) / 25)
    return 128 + 45 * shape + 46 * noise()
  })
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 93 })
    .toBuffer()
}

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

interface Walk {
  /** Images a second. */
  readonly rate: number
  /** Milliseconds of a processor for each; other programs do not lengthen them as much. */
  readonly work: number
}

const alone = async (bytes: Uint8Array) => {
  const { data } = await sharp(bytes, { ignoreIcc: true })
    .resize({ height: 256, kernel: "cubic" })
    .extract({ left: 58, top: 16, width: 224, height: 224 })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return data
}

const program = Effect.gen(function* () {
  sharp.concurrency(1)
  sharp.cache(false)
  const files = yield* Effect.promise(() => Promise.all(Array.from({ length: 8 }, (_, i) => picture(i))))
  const file = (i: number) => files[i % files.length] ?? new Uint8Array()
  const decoding = yield* openEach(decode, {}, {})
  const resizing = yield* openEach(preprocess, {}, { resize: 256, crop: 224, filter: "bicubic" })
  const ours = (i: number) => decoding({ id: `${i}`, bytes: file(i) }).pipe(Effect.flatMap((image) => resizing(image)))
  const theirs = (i: number) => Effect.promise(() => alone(file(i)))
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
  const found: Array<{ readonly ours: Walk; readonly theirs: Walk; readonly decoded: Walk }> = []
  for (let round = -1; round < rounds; round++) {
    const one = {
      ours: yield* walk(ours, cores * 2),
      theirs: yield* walk(theirs, cores),
      decoded: yield* walk((i) => decoding({ id: `${i}`, bytes: file(i) }), cores * 2),
    }
    // The first round warms up.
    if (round >= 0) found.push(one)
  }
  const line = (name: string, key: "ours" | "theirs" | "decoded") => {
    const rate = median(found.map((one) => one[key].rate))
    const work = median(found.map((one) => one[key].work))
    return `${name.padEnd(42)} ${rate.toFixed(0)} images/s, ${work.toFixed(2)} ms of a processor each`
  }
  const ratios = found.map((one) => one.ours.rate / one.theirs.rate)
  const work = found.map((one) => one.theirs.work / one.ours.work)
  const size = files.reduce((sum, { length }) => sum + length, 0) / files.length
  yield* Effect.sync(() => {
    console.log(`${images} JPEGs of ${width} x ${height} pixels and ${(size / 1000).toFixed(0)} kB, ${cores} cores`)
    console.log(line("decode and preprocess, Pillow's bicubic", "ours"))
    console.log(line("sharp alone, its cubic", "theirs"))
    console.log(line("decode alone", "decoded"))
    console.log(
      `ratio ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`,
    )
    console.log(`ratio by the processor's time ${median(work).toFixed(3)}`)
  })
})

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(services())))
