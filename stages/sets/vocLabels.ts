import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Cores } from "../../src/dsl/Services.ts"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Libvips from "../libvips.ts"
import { stampFolder } from "../sources/folderFiles.ts"
import * as LabelRows from "../sources/labelRows.ts"
import { stampFiles } from "../sources/packed.ts"
import { located, unreadable } from "../sources/paths.ts"
import { Labels } from "../tables.ts"
import { vocClasses } from "./vocClasses.ts"

const Params = Schema.Struct({
  /** The folder `VOC2012`. */
  dir: Schema.NonEmptyString,
  split: Schema.Literals(["train", "val"]),
})
type Params = typeof Params.Type

/** The colour of a class in the masks' palette: bits of the class, spread over the channels (VOCdevkit's `VOClabelcolormap`). */
const colourOf = (label: number): number => {
  const channel = (first: number) => {
    let value = 0
    for (let bit = 0; bit < 3; bit++) value |= ((label >> (3 * bit + first)) & 1) << (7 - bit)
    return value
  }
  return (channel(0) << 16) | (channel(1) << 8) | channel(2)
}

const border = colourOf(255)
const classes = new Map(vocClasses.map((_, label) => [colourOf(label), label]))

/** The most frequent class of a mask, the lowest of several; -1 where there is none, or a colour that is no class. */
const mostFrequent = (pixels: Uint8Array): number | { readonly colour: number } => {
  const counts = new Int32Array(vocClasses.length)
  for (let at = 0; at < pixels.length; at += 3) {
    const colour = ((pixels[at] ?? 0) << 16) | ((pixels[at + 1] ?? 0) << 8) | (pixels[at + 2] ?? 0)
    if (colour === 0 || colour === border) continue
    const label = classes.get(colour)
    if (label === undefined) return { colour }
    counts[label] = (counts[label] ?? 0) + 1
  }
  const most = Math.max(...counts)
  return most === 0 ? -1 : counts.indexOf(most)
}

/**
 * Pascal VOC 2012 with one label an image, as Marks et al. 2025 have it: the most
 * frequent class of the segmentation mask, background and border left out, the
 * lowest where several are equally frequent. Classes keep VOC's numbers (1 is
 * `aeroplane`, 20 `tvmonitor`; no image is `background`). Ids are the names of
 * `JPEGImages`. A mask that is missing or shows nothing is an error that names it.
 */
export const vocLabels = whole("vocLabels", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  environment: Libvips.versions,
  stamp: Effect.fnUntraced(function* ({ dir, split }: Params) {
    const masks = { dir: join(dir, "SegmentationClass"), extensions: [".png"] as const, follow: true }
    return `${yield* stampFiles(join(dir, "ImageSets", "Segmentation", `${split}.txt`))} ${yield* stampFolder(masks)}`
  }),
  run: Effect.fnUntraced(function* (_, { dir, split }: Params) {
    const folder = yield* located(dir)
    const list = join(folder, "ImageSets", "Segmentation", `${split}.txt`)
    const text = yield* Effect.tryPromise({
      try: () => readFile(list, "utf8"),
      catch: (cause) => unreadable(list, cause),
    })
    const load = yield* Libvips.load
    const cores = yield* Cores
    const rows = LabelRows.make()
    for (const name of text.split(/\s+/u).filter((word) => word !== "")) {
      const file = join(folder, "SegmentationClass", `${name}.png`)
      const wrong = (message: string) => new StageError({ message, hint: "fetch the masks again", file })
      const bytes = yield* Effect.tryPromise({ try: () => readFile(file), catch: (cause) => unreadable(file, cause) })
      const pixels = yield* cores.use(1)(
        Effect.tryPromise({
          try: () =>
            load(bytes, { failOn: "error", ignoreIcc: true }).removeAlpha().toColourspace("srgb").raw().toBuffer(),
          catch: () => wrong("this mask cannot be decoded"),
        }),
      )
      const label = mostFrequent(pixels)
      if (typeof label !== "number")
        return yield* wrong(
          `this mask has the colour #${label.colour.toString(16).padStart(6, "0")}, which is no class`,
        )
      if (label < 0) return yield* wrong("this mask shows no class")
      const problem = rows.add(`${name}.jpg`, [label])
      if (problem !== undefined) return yield* new StageError({ message: problem, file: list })
    }
    return rows.sorted()
  }),
  label: ({ split }) => split,
})
