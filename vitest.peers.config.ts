import { defineConfig } from "vitest/config"

/** Beside scikit-learn, PyTorch and Pillow, which have to be installed (Debian: python3-sklearn, python3-torch, python3-pil). */
export const peers = [
  "test/slow/knnPeers.test.ts",
  "test/slow/logisticSklearn.test.ts",
  "test/slow/metricsSklearn.test.ts",
  "test/slow/onnxTorch.test.ts",
  "test/slow/probesTorch.test.ts",
  "test/slow/resizePillow.test.ts",
  "test/slow/sourcesPeers.test.ts",
]

export default defineConfig({
  test: {
    include: peers,
    testTimeout: 600_000,
    fileParallelism: false,
    reporters: ["default", "./test/closing.ts"],
  },
})
