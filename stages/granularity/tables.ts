import * as Table from "../../src/arrow/Table.ts"

/** A tree of names: each row a name and the one above it, empty at the top. */
export const Taxonomy = /* @__PURE__ */ Table.whole("taxonomy", { name: "utf8", parent: "utf8" })
