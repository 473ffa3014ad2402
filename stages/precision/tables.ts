import * as Table from "../../src/arrow/Table.ts"

/**
 * An encoder in another precision. Aside from that, how it differs from the
 * one in float32: sizes in bytes, how many weights were converted, and for some
 * images (`seeded` or `given`) the cosine similarity of the features of each
 * with those in float32, on average and at the least, and the largest
 * difference of a feature, relative to the largest feature of its image.
 */
export const Converted = /* @__PURE__ */ Table.whole(
  "encoder",
  {
    onnx: "binary",
    precision: "utf8",
    bytesBefore: "float64",
    bytes: "float64",
    weights: "int32",
    images: "int32",
    drawn: "utf8",
    meanCosine: "float64",
    leastCosine: "float64",
    deviation: "float64",
  },
  {
    aside: [
      "precision",
      "bytesBefore",
      "bytes",
      "weights",
      "images",
      "drawn",
      "meanCosine",
      "leastCosine",
      "deviation",
    ],
  },
)
