import { whole } from "../../src/dsl/Stage.ts"
import { Manifest } from "../tables.ts"
import { FolderParams, manifestOfFolder, stampFolder } from "./folderFiles.ts"

/**
 * The images below a folder: the path from there is the id (`n01440764/1.JPEG`,
 * always with `/`), sorted by code unit. Hidden files and folders and files
 * without one of the `extensions` are left out. Links are followed; one that
 * leaves the folder (unless `follow`), leads in a circle or nowhere is an error
 * that names it. So is a folder that is missing or without images.
 *
 * Content is hashed once: a file is read again only when its size, its times
 * (in nanoseconds) or its inode have changed. A file changed so recently that a
 * later write might not show in its times is waited for. 100,000 unchanged files
 * are compared in half a second; memory holds a few hundred at a time.
 */
export const files = whole("files", {
  module: import.meta,
  params: FolderParams,
  inputs: {},
  output: Manifest,
  stamp: stampFolder,
  run: (_, params) => manifestOfFolder(params),
  label: ({ dir }) => dir.replace(/[/\\]+$/u, "").replace(/^.*[/\\]/u, ""),
})
