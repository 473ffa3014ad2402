import type { Built } from "./Built.ts"
import type { Candidate } from "./Candidate.ts"
import { Malformed } from "./Malformed.ts"
import * as resnet from "./resnet.ts"
import * as vit from "./vit.ts"

/** The network that a candidate's names and shapes describe: a ResNet or a vision transformer. */
export const build = (candidate: Candidate): Built => {
  if (resnet.isResnet(candidate)) return resnet.build(candidate)
  if (vit.isVit(candidate)) return vit.build(candidate)
  throw new Malformed(
    `its network ${JSON.stringify(candidate.prefix)} is neither a ResNet nor a vision transformer`,
    "export it to ONNX and read it with onnxFile",
  )
}
