import { configDefaults, defineConfig } from "vitest/config"
import { peers } from "./vitest.peers.config.ts"

export default defineConfig({
  test: {
    include: ["test/slow/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...peers],
    testTimeout: 600_000,
    // Each of these measures or fills both cores by itself.
    fileParallelism: false,
    reporters: ["default", "./test/closing.ts"],
  },
})
