import * as path from "node:path"

/** Where the files of a store lie. `cache/README.md` explains it to readers. */
export interface Layout {
  readonly root: string
  readonly artifacts: string
  readonly artifact: (hash: string) => string
  readonly actions: string
  readonly action: (key: string) => string
  /** Files in the making; nothing in here is ever read. */
  readonly tmp: string
  /** Damaged files, kept for whoever wants to look. */
  readonly aside: string
  readonly runs: string
  /** Runs that were given a name. */
  readonly pins: string
  /** One file for each process that writes to the store at the moment. */
  readonly live: string
  readonly memos: string
  readonly memo: (nameHash: string) => string
  /** Says in which format the other files are written. */
  readonly version: string
}

/** Two digits of a hash, after its prefix: 256 folders, so that none grows large. */
export const shelf = (hash: string): string => hash.slice(2, 4)

/** The layout of a store in this folder. */
export const make = (folder: string): Layout => {
  const root = path.resolve(folder)
  const within = (name: string) => path.join(root, name)
  const [artifacts, actions, memos] = [within("artifacts"), within("actions"), within("memo")] as const
  return {
    root,
    artifacts,
    artifact: (hash) => path.join(artifacts, shelf(hash), `${hash}.arrow`),
    actions,
    action: (key) => path.join(actions, shelf(key), `${key}.json`),
    tmp: within("tmp"),
    aside: within("aside"),
    runs: within("runs"),
    pins: within("pins"),
    live: within("live"),
    memos,
    memo: (nameHash) => path.join(memos, nameHash),
    version: within("VERSION"),
  }
}
