import type { Selection } from "../store/Bundle.ts"
import type { Restored } from "../store/restore.ts"
import { bytes, counted } from "./format.ts"
import { some } from "./state.ts"

/** What was bundled. */
export const bundled = (
  { actions, tablesOnly, targets }: Selection,
  file: string,
  size: number,
): ReadonlyArray<string> => [
  `${file}: ${some(targets)}${tablesOnly ? ", tables only" : ""}: ${counted(actions.length, "action")}, ${bytes(size)}`,
]

/** What was restored. */
export const restored = ({ actions, artifacts, bytes: size, contents }: Restored): ReadonlyArray<string> => [
  `${contents.pipeline}: ${some(contents.targets)}: ${bytes(size)}, of which ${counted(artifacts, "artifact")} and ${counted(actions, "action")} were not here yet`,
]
