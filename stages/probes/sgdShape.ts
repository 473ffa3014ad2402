/** What is trained, and which numbers of it lie in which tensor. */
import * as Tensor from "../../src/onnx/Tensor.ts"
import { shared } from "./shared.ts"

/** The numbers that a setting hands on from step to step, by slot. */
export type State = Readonly<Record<string, Float32Array>>

/** What is trained beside others on the same batches. */
export interface Setting {
  /** Where the schedule is 1. */
  readonly rate: number
  /** Weight decay as PyTorch's SGD has it: `decay * parameter` is added to the gradient, the bias's too. */
  readonly decay: number
}

/** What all settings have in common. */
export interface Common {
  readonly width: number
  readonly classes: number
  /** Rows a step; the last step of an epoch takes what is left. */
  readonly batch: number
  readonly momentum: number
  readonly nesterov: boolean
  /** The highest length of a setting's whole gradient (`clip_grad_norm_`, before decay); null for none. */
  readonly clip: number | null
  /** LARS' trust coefficient; null for plain SGD. */
  readonly trust: number | null
  /** Batch normalisation in front of the classifier: none, plain, or with a scale and a shift that are trained. */
  readonly batchNorm: "none" | "plain" | "affine"
}

/** Settings whose weights are one matrix. */
export type Group = ReadonlyArray<Setting>

/** A part of the state that a run hands on to the next: `size` numbers a setting, or shared by all of them. */
export interface Slot {
  readonly name: string
  /** Numbers of one setting. */
  readonly size: number
  readonly shared: boolean
}

/** The state of each setting: parameters, each with its momentum, and the running statistics of batch norm. */
export const slotsOf = ({ batchNorm, classes, width }: Common): ReadonlyArray<Slot> => {
  const parameter = (name: string, size: number): ReadonlyArray<Slot> =>
    ["", "Momentum"].map((kind) => ({ name: name + kind, size, shared: false }))
  return [
    ...parameter("weights", classes * width),
    ...parameter("bias", classes),
    ...(batchNorm === "affine" ? [...parameter("scale", width), ...parameter("shift", width)] : []),
    ...(batchNorm === "none" ? [] : ["mean", "variance"].map((name) => ({ name, size: width, shared: true }))),
  ]
}

/** The name of a group's tensor in the graph. */
export const tensorName = ({ name, shared }: Slot, group: number): string => (shared ? name : `${name}${group}`)

// Settings share a matrix up to so many weights: larger ones gain nothing by it, and smaller ones stay near the cores.
const together = 2 ** 21
/** Settings in groups of about the same size. */
export const grouped = (settings: ReadonlyArray<Setting>, { classes, width }: Common): ReadonlyArray<Group> => {
  const most = Math.max(1, Math.floor(together / (classes * width)))
  const count = Math.ceil(settings.length / most)
  const size = Math.ceil(settings.length / count)
  return Array.from({ length: count }, (_, at) => settings.slice(at * size, (at + 1) * size)).filter(
    (group) => group.length > 0,
  )
}

/** A state of several settings, as graphs have it: tensors by name. */
export type Tensors = Readonly<Record<string, Tensor.TensorOf<"float32">>>

/** The states of settings one after another, as the graph has them; in memory that crosses to threads uncopied. */
export const joined = (
  slots: ReadonlyArray<Slot>,
  groups: ReadonlyArray<Group>,
  states: ReadonlyArray<State>,
): Tensors => {
  const out: Record<string, Tensor.TensorOf<"float32">> = {}
  let first = 0
  for (const [at, group] of groups.entries()) {
    for (const slot of slots) {
      const settings = slot.shared ? 1 : group.length
      const data = shared(settings * slot.size)
      for (let i = 0; i < settings; i++) data.set(states[first + i]?.[slot.name] ?? [], i * slot.size)
      out[tensorName(slot, at)] = Tensor.float32([settings, slot.size], data)
    }
    first += group.length
  }
  return out
}

/** Each setting's part of the groups' tensors, as views. */
export const parted = (
  slots: ReadonlyArray<Slot>,
  groups: ReadonlyArray<Group>,
  tensors: Tensors,
): ReadonlyArray<State> =>
  groups.flatMap((group, at) =>
    group.map((_, i): State => {
      const of = (slot: Slot) => {
        const data = tensors[tensorName(slot, at)]?.data ?? new Float32Array(slot.size)
        return slot.shared ? data : data.subarray(i * slot.size, (i + 1) * slot.size)
      }
      return Object.fromEntries(slots.map((slot) => [slot.name, of(slot)]))
    }),
  )
