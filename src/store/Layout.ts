import * as path from "node:path"

/** Where the files of a store lie. `cache/README.md` explains it to readers. */
export interface Layout {
  readonly root: string
  readonly artifact: (hash: string) => string
  readonly action: (key: string) => string
  /** Files in the making; nothing in here is ever read. */
  readonly tmp: string
  /** Damaged files, kept for whoever wants to look. */
  readonly aside: string
  readonly runs: string
  readonly memo: (nameHash: string) => string
}

// Two digits of a hash, after its prefix: 256 folders, so that none grows large.
const shelf = (hash: string) => hash.slice(2, 4)

/** The layout of a store in this folder. */
export const make = (folder: string): Layout => {
  const root = path.resolve(folder)
  return {
    root,
    artifact: (hash) => path.join(root, "artifacts", shelf(hash), `${hash}.arrow`),
    action: (key) => path.join(root, "actions", shelf(key), `${key}.json`),
    tmp: path.join(root, "tmp"),
    aside: path.join(root, "aside"),
    runs: path.join(root, "runs"),
    memo: (nameHash) => path.join(root, "memo", nameHash),
  }
}
