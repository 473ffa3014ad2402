/**
 * What it costs to look whether a large set has changed: `npm run bench:sources`, or
 * with fewer images: `npx tsx bench/sources.ts --files=100000`. Makes the images
 * itself (small files in 1000 folders, and the same in ten tars), runs once, and
 * then times whole runs of the command line in which nothing has changed. They go
 * in turns with those of a set of one image, which say what a start takes: what
 * is above that is of neighbours in time.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, writeFileSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { executed, median, remove, run } from "./engine/command.ts"

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "1000000" },
    times: { type: "string", default: "3" },
    /** Where the folder is made, and removed again. */
    at: { type: "string", default: tmpdir() },
  },
})
const count = Number(values.files)
const home = fileURLToPath(new URL("../", import.meta.url))
const folder = mkdtempSync(join(values.at, "rankshift-sources-"))
const classes = 1000
const tars = 10

const classOf = (i: number) => `n${String(i % classes).padStart(8, "0")}`
const nameOf = (i: number) => `${classOf(i)}/${String(i).padStart(8, "0")}.jpg`
const contentOf = (i: number) => `the image ${i} of ${count}`

const makeFolder = () => {
  for (let i = 0; i < classes; i++) mkdirSync(join(folder, "images", classOf(i)), { recursive: true })
  for (let i = 0; i < count; i++) writeFileSync(join(folder, "images", nameOf(i)), contentOf(i))
}

/** A member of a tar (USTAR): a block that describes it, and one with its content. */
const member = (name: string, content: string) => {
  const block = Buffer.alloc(1024)
  block.write(name)
  block.write("0000644\0", 100)
  block.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124)
  block.write("00000000000\0        0", 136)
  block.write("ustar  \0", 257)
  block.write(
    `${block
      .subarray(0, 512)
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  )
  block.write(content, 512)
  return block
}

const makeTars = () => {
  for (let tar = 0; tar < tars; tar++) {
    const file = openSync(join(folder, `${tar}.tar`), "w")
    for (let i = tar; i < count; i += tars * 500) {
      const end = Math.min(i + tars * 500, count)
      const members = Array.from({ length: Math.ceil((end - i) / tars) }, (_, k) => i + k * tars)
      writeSync(file, Buffer.concat(members.map((j) => member(nameOf(j), contentOf(j)))))
    }
    writeSync(file, Buffer.alloc(1024))
    closeSync(file)
  }
}

const source = (file: string) => JSON.stringify(pathToFileURL(join(home, file)).href)
const pipeline = (images: string) => `
import { Pipeline } from ${source("src/index.ts")}
import { folderLabels, imageFolder, imageTar } from ${source("stages/index.ts")}
const { manifest } = ${images}
export default Pipeline.main(import.meta, "sources", { manifest, labels: folderLabels(manifest) })
`
const tarNames = Array.from({ length: tars }, (_, i) => `${i}.tar`)

const tsx = join(home, "node_modules/tsx/dist/cli.mjs")
const go = (what: string) =>
  run(folder, process.execPath, [tsx, `${what}.mts`, "run", "--json", "--cache", `cache-${what}`])

const prepare = (what: string, images: string) => {
  writeFileSync(join(folder, `${what}.mts`), pipeline(images))
  console.log(`${what}: first run ${go(what).seconds.toFixed(1)} s`)
}

const noOp = (what: string): number => {
  const { out, seconds } = go(what)
  if (executed(out) !== 0) throw new Error(`${what}: ${executed(out)} nodes were computed where nothing had changed`)
  return seconds
}

try {
  console.log(`${count} images in ${folder}`)
  writeFileSync(join(folder, "one.tar"), Buffer.concat([member(nameOf(0), contentOf(0)), Buffer.alloc(1024)]))
  prepare("one", `imageTar({ file: "one.tar" })`)
  makeTars()
  prepare("tars", `imageTar({ file: ${JSON.stringify(tarNames)} })`)
  makeFolder()
  prepare("folder", `imageFolder({ dir: "images" })`)
  const rounds = Array.from({ length: Number(values.times) }, () => ({
    one: noOp("one"),
    tars: noOp("tars"),
    folder: noOp("folder"),
  }))
  console.log(`nothing changed, one image: ${median(rounds.map(({ one }) => one)).toFixed(2)} s, which is the start`)
  for (const what of ["tars", "folder"] as const) {
    const seconds = median(rounds.map((round) => round[what]))
    const more = median(rounds.map((round) => round[what] - round.one))
    console.log(`nothing changed, ${what}: ${seconds.toFixed(2)} s, ${more.toFixed(2)} s more than the start`)
  }
} finally {
  remove(folder)
}
