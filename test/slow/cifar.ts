/** Features of the CIFAR-10 subset by a real encoder, computed without the stages. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import * as Tar from "effect/encoding/Tar"
import ort from "onnxruntime-node"
import sharp from "sharp"
import type { Batch } from "../../src/arrow/Table.ts"
import type { Features, Labels, Pixels } from "../../stages/tables.ts"

/** The images of `train/` or `test/`: PNG bytes by path, in the order of their paths. */
export type Pictures = ReadonlyArray<readonly [path: string, png: Uint8Array]>

const side = 32
const channels = 3
const means = [0.485, 0.456, 0.406]
const deviations = [0.229, 0.224, 0.225]

/** All images of the archive. */
export const pictures = Effect.fnUntraced(function* (tar: string, ending = ".png") {
  const fs = yield* FileSystem.FileSystem
  const entries = fs.stream(tar).pipe(
    Stream.pipeThroughChannel(Tar.decode()),
    Stream.mapEffect(({ body, header }) =>
      Effect.map(Stream.runCollect(body), (parts) => [header.path, Uint8Array.from(Buffer.concat(parts))] as const),
    ),
    Stream.filter(([path]) => path.endsWith(ending)),
  )
  const all: Pictures = yield* Stream.runCollect(entries)
  return all.toSorted(([a], [b]) => (a < b ? -1 : 1))
}, Effect.provide(NodeFileSystem.layer))

/** Images of one size, decoded. */
export const pixelsOf = Effect.fnUntraced(function* (images: Pictures) {
  const decoded = yield* Effect.forEach(
    images,
    ([, bytes]) =>
      Effect.promise(() =>
        sharp(bytes).toColourspace("srgb").removeAlpha().raw().toBuffer({ resolveWithObject: true }),
      ),
    { concurrency: 2 },
  )
  const [first] = decoded
  const pixels: Batch<typeof Pixels> = {
    id: images.map(([path]) => path),
    pixels: {
      shape: [first?.info.height ?? 0, first?.info.width ?? 0, 3],
      data: new Uint8Array(Buffer.concat(decoded.map(({ data }) => data))),
    },
  }
  return pixels
})

const planes = async (png: Uint8Array): Promise<Float32Array> => {
  const pixels = await sharp(png).removeAlpha().toColourspace("srgb").raw().toBuffer()
  const out = new Float32Array(pixels.length)
  pixels.forEach((value, at) => {
    const channel = at % channels
    const place = channel * side * side + Math.floor(at / channels)
    out[place] = (value / 255 - (means[channel] ?? 0)) / (deviations[channel] ?? 1)
  })
  return out
}

/** What the encoder makes of images, and the classes that their folders name. */
export const featuresOf = async (
  model: string,
  images: Pictures,
): Promise<{ readonly features: Batch<typeof Features>; readonly labels: Batch<typeof Labels> }> => {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 2 })
  const parts: Array<Float32Array> = []
  const size = channels * side * side
  for (let start = 0; start < images.length; start += 100) {
    const chunk = await Promise.all(images.slice(start, start + 100).map(([, png]) => planes(png)))
    const data = new Float32Array(chunk.length * size)
    chunk.forEach((image, at) => data.set(image, at * size))
    const { features } = await session.run({ input: new ort.Tensor(data, [chunk.length, channels, side, side]) }, [
      "features",
    ])
    if (!(features?.data instanceof Float32Array)) throw new Error("no features")
    parts.push(features.data)
  }
  await session.release()
  const width = (parts[0]?.length ?? 0) / Math.min(100, images.length)
  const data = new Float32Array(images.length * width)
  parts.forEach((part, at) => data.set(part, at * 100 * width))
  const id = images.map(([path]) => path)
  const folders = [...new Set(id.map((path) => path.split("/")[1] ?? ""))].sort()
  return {
    features: { id, features: { shape: [width], data } },
    labels: { id, labels: id.map((path) => Int32Array.of(folders.indexOf(path.split("/")[1] ?? ""))) },
  }
}
