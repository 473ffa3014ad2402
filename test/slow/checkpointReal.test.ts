/** Checkpoints as their author published them, against the features and figures of the same networks elsewhere. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { checkpoint } from "../../stages/sources/checkpoint.ts"
import { runWhole, services } from "../harness.ts"

const real = process.env["RANKSHIFT_REAL_DATA"]

it.live.skipIf(real === undefined)(
  "ResNets for CIFAR in PyTorch's old container are the networks that were exported from them",
  () =>
    Effect.gen(function* () {
      const folder = join(real ?? "", "models")
      const input = Float32Array.from({ length: 8 * 3 * 32 * 32 }, (_, i) => Math.sin(i * 1.7) * 2)
      const pixels = Tensor.float32([8, 3, 32, 32], input)
      const wanted = { features: "float32", logits: "float32" } as const
      for (const [file, exported] of [
        ["resnet20-12fca82f.th", "resnet20_cifar10.onnx"],
        ["resnet56-4bfd9763.th", "resnet56_cifar10.onnx"],
      ] as const) {
        const { onnx } = yield* runWhole(checkpoint, {}, { file: join(folder, file) })
        const ours = yield* Session.open(onnx[0] ?? new Uint8Array())
        const theirs = yield* Session.open(readFileSync(join(folder, exported)))
        const found = yield* ours.run({ pixels }, wanted)
        const expected = yield* theirs.run({ [theirs.inputs[0]?.name ?? ""]: pixels }, wanted)
        for (const name of ["features", "logits"] as const) {
          const apart = found[name].data.map((value, i) => Math.abs(value - (expected[name].data[i] ?? NaN)))
          expect(Math.max(...apart)).toBeLessThan(1e-4)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
)
