import * as Context from "effect/Context"

/**
 * What sessions can compute on, by onnxruntime's name of its execution provider:
 * the processor; any GPU with a Vulkan, Metal or D3D12 driver; an NVIDIA GPU
 * with CUDA's libraries.
 */
export const providers = ["cpu", "webgpu", "cuda"] as const
export type Provider = (typeof providers)[number]

/**
 * What sessions compute on that are opened from here on. The command line says
 * it for a run; the engine hands it on to those stages alone whose environment
 * names it, so that a result's key always says what it was computed on.
 */
export const Device = Context.Reference<Provider>("rankshift/onnx/Device", { defaultValue: () => "cpu" })

/** What a stage of this environment computes on: the processor where it names nothing. */
export const named = (environment: Readonly<Record<string, string>> | undefined): Provider =>
  providers.find((provider) => provider === environment?.["provider"]) ?? "cpu"
