import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/slow/**/*.test.ts"],
    testTimeout: 600_000,
    // Each of these measures or fills both cores by itself.
    fileParallelism: false,
    reporters: ["default", "./test/closing.ts"],
  },
})
