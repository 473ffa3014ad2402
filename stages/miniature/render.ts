import type { default as SharpModule } from "sharp"
import type { Scene } from "./Scene.ts"
import { svg } from "./svg.ts"

/** Cells along a side of a mosaic. */
const CELLS = 24

/**
 * The JPEG bytes of a scene, `size` x `size` pixels. Mosaic and negative are
 * made from the finished picture, all else from shapes.
 */
export const render = async (sharp: typeof SharpModule, scene: Scene, size: number): Promise<Uint8Array> => {
  const picture = (side: number) => sharp(new TextEncoder().encode(svg(scene, side))).removeAlpha()
  const jpeg = { quality: scene.quality }
  if (scene.style === "negative") return picture(size).negate().jpeg(jpeg).toBuffer()
  if (scene.style !== "mosaic") return picture(size).jpeg(jpeg).toBuffer()
  // In two steps: a vector picture would be drawn larger, not its cells.
  const data = await picture(CELLS).raw().toBuffer()
  return sharp(data, { raw: { width: CELLS, height: CELLS, channels: 3 } })
    .resize(size, size, { kernel: "nearest" })
    .jpeg(jpeg)
    .toBuffer()
}
