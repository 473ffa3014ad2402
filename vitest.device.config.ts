import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/device/**/*.test.ts"],
    testTimeout: 180_000,
    // A GPU in software takes all cores.
    fileParallelism: false,
    reporters: ["default", "./test/closing.ts"],
  },
})
