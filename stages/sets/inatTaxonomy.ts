import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Taxonomy } from "../granularity/tables.ts"
import { Classes } from "../tables.ts"

/** The ranks that a folder's name has behind its number. */
const ranks = ["kingdom", "phylum", "class", "order", "family", "genus", "species"]

/**
 * The taxonomy that iNat21's folders carry in their names
 * (`00000_Animalia_Annelida_Clitellata_Haplotaxida_Lumbricidae_Lumbricus_terrestris`):
 * kingdom, phylum, class, order, family, genus, and the folder itself as the
 * species. A name above the species has all ranks over it in front, since some
 * genera of animals and of plants have one name.
 */
export const inatTaxonomy = whole("inatTaxonomy", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { classes: Classes },
  output: Taxonomy,
  run: Effect.fnUntraced(function* ({ classes }) {
    const parents = new Map<string, string>()
    for (const folder of (yield* classes.all).name) {
      const [, ...names] = folder.split("_")
      if (names.length !== ranks.length || names.includes("")) {
        return yield* new StageError({
          message: `the class ${JSON.stringify(folder)} is not a number and ${ranks.length} names (${ranks.join(", ")})`,
          hint: "the folders of iNat21 carry them; classes of another set need a taxonomy file",
        })
      }
      let parent = ""
      for (const name of names.slice(0, -1)) {
        const path = parent === "" ? name : `${parent}_${name}`
        parents.set(path, parent)
        parent = path
      }
      parents.set(folder, parent)
    }
    return { name: [...parents.keys()], parent: [...parents.values()] }
  }),
})
