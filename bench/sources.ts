/**
 * What it costs to look whether a large set has changed: `npm run bench:sources`, or
 * with fewer images: `npx tsx bench/sources.ts --files=100000`. Makes the images
 * itself (small files in 1000 folders, and the same in ten tars), runs once, and
 * then times runs in which nothing has changed, start of the process included:
 * a set of one image says what that is.
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

const measure = (what: string, images: string) => {
  const file = `${what}.mts`
  writeFileSync(join(folder, file), pipeline(images))
  const tsx = join(home, "node_modules/tsx/dist/cli.mjs")
  const go = () => run(folder, process.execPath, [tsx, file, "run", "--json", "--cache", `cache-${what}`])
  const first = go()
  const noOps = Array.from({ length: Number(values.times) }, go)
  const computed = noOps.reduce((sum, { out }) => sum + executed(out), 0)
  if (computed !== 0) throw new Error(`${what}: ${computed} nodes were computed where nothing had changed`)
  const seconds = median(noOps.map(({ seconds }) => seconds))
  console.log(`${what}: first run ${first.seconds.toFixed(1)} s, nothing changed ${seconds.toFixed(2)} s`)
}

try {
  console.log(`${count} images in ${folder}`)
  writeFileSync(join(folder, "one.tar"), Buffer.concat([member(nameOf(0), contentOf(0)), Buffer.alloc(1024)]))
  measure("one", `imageTar({ file: "one.tar" })`)
  makeTars()
  measure("tars", `imageTar({ file: ${JSON.stringify(tarNames)} })`)
  makeFolder()
  measure("folder", `imageFolder({ dir: "images" })`)
} finally {
  remove(folder)
}
