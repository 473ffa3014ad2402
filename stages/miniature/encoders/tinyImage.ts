import * as Schema from "effect/Schema"
import { whole } from "../../../src/dsl/Stage.ts"
import { Encoder } from "../../tables.ts"
import { finish, pooled, Side, start } from "./graphs.ts"

const Params = Schema.Struct({ side: Side })

const CELLS = 8

/**
 * The image itself, averaged down to 8 x 8 pixels: 192 features in 0..1, all of
 * red row by row, then green, then blue. After the tiny images of Torralba,
 * Fergus and Freeman (2008, 80 Million Tiny Images).
 */
export const tinyImage = whole("tinyImage", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Encoder,
  label: () => "tinyImage",
  run: (_, { side }) => {
    const { g, planes } = start("tinyImage", side)
    return finish(g, g.op("Flatten", [pooled(g, planes, side, CELLS)]), 3 * CELLS * CELLS)
  },
})
