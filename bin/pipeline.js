#!/usr/bin/env node
import { fileURLToPath } from "node:url"
import { register } from "tsx/esm/api"

// Pipelines are TypeScript, and so is the rest of this command.
register()
const { launch } = await import("../src/cli/launch.ts")
const code = await launch(fileURLToPath(import.meta.url))
if (code !== undefined) process.exitCode = code
