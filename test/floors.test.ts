import { expect, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")

/** The floors of docs/design.md, the lowest first. Folders on one floor do not import each other. */
const floors = [
  ["src/hash", "src/arrow", "src/onnx"],
  ["src/dsl", "src/store"],
  ["src/plan", "stages"],
  ["src/run"],
  ["src/report"],
  ["src/cli"],
]

const folderOf = (file: string) => floors.flat().find((folder) => file.startsWith(`${folder}/`))
const heightOf = (folder: string) => floors.findIndex((floor) => floor.includes(folder))

it("imports go downwards, from one floor to a lower one", () => {
  const files = globSync(["src/**/*.ts", "stages/**/*.ts"], { cwd: root })
  const imports = files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import\(?) ?"(\.[^"]+)"/g)].map(([, path = ""]) => ({
      from: folderOf(file),
      file,
      to: folderOf(relative(root, resolve(root, dirname(file), path))),
    })),
  )
  expect(imports.length).toBeGreaterThan(500)
  const wrong = imports.flatMap(({ file, from, to }) =>
    from === undefined || to === undefined || from === to
      ? []
      : heightOf(to) < heightOf(from)
        ? []
        : [`${file} -> ${to}`],
  )
  expect(wrong).toEqual([])
})
