import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Provider } from "./Device.ts"
import * as Graph from "./Graph.ts"

/** Nothing can be computed on a device here. `message` says what is missing, `hint` what to do. */
export class DeviceError extends Schema.TaggedError<DeviceError>()("DeviceError", {
  device: Schema.String,
  message: Schema.String,
  hint: Schema.String,
}) {}

/** What an attempt came to: onnxruntime's message where it failed, and what was said on standard error. */
interface Said {
  readonly failure: string | undefined
  readonly aside: string
}

const Reply = Schema.fromJsonString(Schema.Struct({ failure: Schema.optionalKey(Schema.String) }))

// In JavaScript, so that every Node.js reads it.
const script = `
const [, library, provider, model] = process.argv
const reply = (what) => process.stdout.write(JSON.stringify(what) + "\\n")
const attempt = async () => {
  const ort = require(library)
  ort.env.logLevel = "error"
  const session = await ort.InferenceSession.create(Buffer.from(model, "base64"), { executionProviders: [provider] })
  await session.run({ x: new ort.Tensor("float32", Float32Array.of(1, 2, 3, 4), [2, 2]) })
}
attempt().then(() => reply({}), (error) => reply({ failure: String(error.message) }))
`

/** Milliseconds after which a driver that does not answer counts as none. */
const patience = 60_000

// In a process of its own: after a failure WebGPU keeps its process from ending, and a driver may bring it down.
const told = (device: Provider, model: Uint8Array) =>
  Effect.callback<Said>((resume) => {
    const library = createRequire(import.meta.url).resolve("onnxruntime-node")
    const args = ["-e", script, library, device, Buffer.from(model).toString("base64")]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] })
    let [out, aside] = ["", ""]
    const timer = setTimeout(() => end("the driver does not answer"), patience)
    const end = (failure: string | undefined) => {
      clearTimeout(timer)
      child.kill("SIGKILL")
      resume(Effect.succeed({ failure, aside }))
    }
    child.stderr.on("data", (data: Buffer) => void (aside += data.toString()))
    child.stdout.on("data", (data: Buffer) => {
      out += data.toString()
      if (out.endsWith("\n")) end(Schema.decodeUnknownSync(Reply)(out).failure)
    })
    child.on("error", ({ message }) => end(message))
    child.on("close", (code, signal) => end(`the driver brought the process down (${signal ?? `exit code ${code}`})`))
    return Effect.sync(() => {
      clearTimeout(timer)
      child.kill("SIGKILL")
    })
  })

const drivers: Partial<Record<NodeJS.Platform, string>> = {
  linux:
    "install Vulkan's loader and the GPU's driver (Debian, Ubuntu: libvulkan1, and mesa-vulkan-drivers or NVIDIA's own), until `vulkaninfo --summary` lists the GPU",
  win32: "update the GPU's driver: it has to know Direct3D 12",
}

const ofWebgpu = (failure: string, aside: string) => {
  const [, warning] = /^Warning: (.*)$/m.exec(aside) ?? []
  return {
    message: `no GPU can be reached through WebGPU: ${failure}${warning === undefined ? "" : ` (${warning})`}`,
    hint: `${drivers[process.platform] ?? "it needs a GPU with a driver of this system"}; or use --device cpu`,
  }
}

const ofCuda = (failure: string, aside: string) => {
  const [, library = "", missing = failure] = /Failed to load library (\S+) with error: (.*)/.exec(aside) ?? []
  // The library itself, and not one that it needs.
  if (library !== "" && missing.startsWith(`${library}: cannot open`)) {
    return {
      message: `onnxruntime's part for CUDA is not installed: there is no ${library}`,
      hint: "on Linux x64 with CUDA 12 and cuDNN 9: `ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js`; or use --device webgpu, which needs no more than the GPU's driver",
    }
  }
  return {
    message: `CUDA cannot be used: ${missing}`,
    hint: "it needs Linux x64, an NVIDIA GPU that `nvidia-smi` lists, and the libraries of CUDA 12 and cuDNN 9 where the loader finds them (LD_LIBRARY_PATH); or use --device webgpu",
  }
}

/** Computes something tiny on a device, to see whether that can be done at all. */
export const attempt = Effect.fnUntraced(function* (device: Provider): Effect.fn.Return<void, DeviceError> {
  const g = Graph.make("attempt")
  const x = g.input("x", "float32", [2, 2])
  g.output("y", g.op("MatMul", [x, x]), "float32", [2, 2])
  const { aside, failure } = yield* told(device, yield* g.bytes)
  if (failure === undefined) return
  const plain = failure.replace(/^.* was false\. /s, "").trim()
  yield* new DeviceError({ device, ...(device === "cuda" ? ofCuda(plain, aside) : ofWebgpu(plain, aside)) })
})

/** The best device that computes here: CUDA, else any GPU through WebGPU, else the processor. */
export const best: Effect.Effect<Provider> = Effect.gen(function* () {
  for (const device of ["cuda", "webgpu"] as const) {
    if (yield* Effect.isSuccess(attempt(device))) return device
  }
  return "cpu"
})
