import * as Table from "../arrow/Table.ts"

/**
 * Rows left out on the way to a shard: the stage that left them out, and why.
 * Stages, not nodes: how a node is called is no part of what it computes.
 */
export const Skipped = Table.rows("skipped", { id: "utf8", stage: "utf8", reason: "utf8" })
export type Skip = Table.Row<typeof Skipped>
