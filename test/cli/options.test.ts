import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { readFileSync } from "node:fs"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findPipeline } from "../../src/cli/launch.ts"
import { advice, isNewEnough, oldest } from "../../src/cli/nodeVersion.ts"
import { parseAge, parseBytes } from "../../src/cli/options.ts"
import { version } from "../../src/cli/version.ts"

describe("sizes", () => {
  it("are read as people write them", () => {
    const sizes = ["20GB", "1.5 gb", "4096", "0", "10KiB", "2T", "GB", "-1", "1e9", ""]
    expect(sizes.map((size) => Option.getOrUndefined(parseBytes(size)))).toEqual([
      20e9,
      1.5e9,
      4096,
      0,
      10_240,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe("ages", () => {
  it("are read as people write them", () => {
    const ages = ["30d", "12 h", "90m", "1.5W", "0d", "30", "d", "-1d", "1y", ""]
    expect(ages.map((age) => Option.getOrUndefined(parseAge(age)))).toEqual([
      2_592_000_000,
      43_200_000,
      5_400_000,
      907_200_000,
      0,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe("versions", () => {
  it("of Node.js are compared number by number", () => {
    expect(["20.20.2", "22.18.9", "9.99.99"].map(isNewEnough)).toEqual([false, false, false])
    expect([oldest, "22.19.1", "22.100.0", "24.0.0", "100.1.0"].map(isNewEnough)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])
  })

  it("too old get advice that fits what is installed", () => {
    expect(advice("20.1.0", undefined)).toContain("npm install-scripts approve node esbuild")
    expect(advice("20.1.0", "/x/bin/node")).toContain("/x/bin/node")
    expect(advice("20.1.0", "/x/bin/node")).not.toContain("install-scripts")
  })

  it("of the package are the same everywhere", () => {
    expect(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))).toMatchObject({ version })
  })
})

describe("the pipeline of a folder", () => {
  it("is pipeline.ts first", () => {
    const folder = mkdtempSync(join(tmpdir(), "pipeline-"))
    try {
      expect(findPipeline(folder)).toBeUndefined()
      writeFileSync(join(folder, "pipeline.js"), "")
      expect(findPipeline(folder)).toBe(join(folder, "pipeline.js"))
      writeFileSync(join(folder, "pipeline.ts"), "")
      expect(findPipeline(folder)).toBe(join(folder, "pipeline.ts"))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
