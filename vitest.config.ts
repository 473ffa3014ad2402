import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/slow/**", "test/browser/**", "test/device/**", "node_modules/**"],
    testTimeout: 30_000,
    reporters: ["default", "./test/closing.ts"],
  },
})
