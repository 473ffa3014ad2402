/** A GPU in software for tests: SwiftShader, as Debian's Chromium brings it, behind Vulkan's loader. */
import { existsSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json"
const loaders = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1"]

/** The description of a Vulkan driver: one that the environment names, or SwiftShader. */
export const driver: string | undefined = [process.env["VK_DRIVER_FILES"], swiftShader].find(
  (path) => path !== undefined && existsSync(path) && loaders.some((loader) => existsSync(loader)),
)

/** Where a suite that needs the driver is left out: never in CI, which has to install it. */
export const missing = driver === undefined && process.env["CI"] === undefined

if (driver === undefined)
  console.warn("no Vulkan driver in software (apt-get install chromium libvulkan1): tests on WebGPU are skipped")

/** What a process has to be told to find that driver and no other. */
export const variables: Readonly<Record<string, string>> = {
  ...(driver === undefined ? {} : { VK_DRIVER_FILES: driver }),
  XDG_RUNTIME_DIR: process.env["XDG_RUNTIME_DIR"] ?? mkdtempSync(join(tmpdir(), "rankshift-xdg-")),
}

Object.assign(process.env, variables)
