import { defineConfig } from "vitest/config"

/** Figures beside those of scikit-learn and PyTorch, which have to be installed (Debian: python3-sklearn, python3-torch). */
export const peers = ["test/slow/logisticSklearn.test.ts", "test/slow/probesTorch.test.ts"]

export default defineConfig({
  test: {
    include: peers,
    testTimeout: 600_000,
    fileParallelism: false,
    reporters: ["default", "./test/closing.ts"],
  },
})
