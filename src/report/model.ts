/** What a model's file is, as lines for a terminal. */
import type { Description } from "../../stages/checkpoints/Description.ts"
import { bytes } from "./format.ts"
import { paint, type Style } from "./style.ts"

type Port = Description["inputs"][number]

const most = 8

// What PyTorch's batch normalisation counts.
const counter = "num_batches_tracked"

/** The first of many names, and how many more there are. */
const some = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.length <= most ? names : [...names.slice(0, most), `and ${names.length - most} more (--json lists all)`]

const names = (all: ReadonlyArray<string>): ReadonlyArray<string> => {
  const counters = all.filter((name) => name.endsWith(counter)).length
  const counted = counters === 0 ? [] : [`${counters} counters of batches`]
  return [...some(all.filter((name) => !name.endsWith(counter))), ...counted]
}

const port = ({ dims, name, type }: Port) => {
  if (dims === null && type === "other") return name
  const sizes = dims === null ? "of any rank" : dims.map((size) => (size === "" ? "?" : size)).join(", ")
  return `${name}  ${type} [${sizes}]`
}

type Onnx = Extract<Description, { readonly kind: "onnx" }>

const external = ({ bytes: size, file, missing, weights }: Onnx["external"][number]) =>
  `${file}  ${weights} weights, ${bytes(size)}${missing ? ", which is missing" : ""}`

const couldBeFeatures = ({ dims, type }: Port) =>
  dims === null ? type === "other" : type.startsWith("float") && dims.length >= 2 && dims.length <= 4

/** The last of many values, as the deepest are what is asked for, and how many there are. */
const last = (values: ReadonlyArray<string>, all: number): ReadonlyArray<string> => {
  const shown = values.slice(-most)
  return shown.length === all ? shown : [...shown, `and ${all - shown.length} before or beside them (--json lists all)`]
}

type Section = readonly [heading: string, values: ReadonlyArray<string>]

const sections = (found: Description): ReadonlyArray<Section> => {
  if (found.kind === "onnx") {
    const opsets = Object.entries(found.opsets).map(([domain, version]) => `${domain || "ai.onnx"} ${version}`)
    const producer = found.producer === "" ? "" : `, written by ${found.producer}`
    return [
      ["kind", [`ONNX${producer}, opset ${opsets.join(", ")}, ${found.weights} weights`]],
      ["kept in", found.external.map(external)],
      ["inputs", found.inputs.map(port)],
      ["outputs", found.outputs.map(port)],
      ["taps", last(found.taps.filter(couldBeFeatures).map(port), found.taps.length)],
    ]
  }
  const { alike, architecture, chosen, networks } = found
  return [
    ["kind", [`checkpoint, ${found.container}, ${found.weights} weights`]],
    [
      "networks",
      networks.map(({ weights, weightsAt }) => {
        const what = weightsAt === chosen ? architecture : "another, not taken"
        return `${what}: ${weights} weights${weightsAt === "" ? "" : ` at ${weightsAt}`}`
      }),
    ],
    ["published", alike.length === 0 ? ["no model that is known has such a network there"] : alike],
    ["inputs", found.inputs.map(port)],
    ["outputs", found.taps.map(({ name, what, width }) => `${name}  float32 [batch, ${width}]: ${what}`)],
    ["left out", names(found.leftOut)],
    ["beside it", names(found.beside)],
  ]
}

/** A line a thing; what belongs to one heading stands together. */
export const model = (found: Description, style: Style): ReadonlyArray<string> =>
  [["file", [found.file]] as const, ...sections(found)].flatMap(([heading, values]) =>
    values.map((value, i) => `${paint(style, "quiet", (i === 0 ? heading : "").padEnd(11))}${value}`),
  )
