import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { publishedScores } from "../../../stages/sources/publishedScores.ts"
import { runWhole, services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"

const images = { val: 1000, v2: 100 }

const read = (files: Readonly<Record<string, string>>, params: object = {}) =>
  Effect.gen(function* () {
    const directory = yield* folderWith(files)
    return yield* runWhole(publishedScores, {}, { file: "table.csv", images, ...params }).pipe(
      Effect.provide(services({ directory })),
    )
  })

describe("publishedScores", () => {
  it.effect("makes a score of every model on every set, a share over the set's images", () =>
    Effect.gen(function* () {
      const scores = yield* read({
        "table.csv": "# from somewhere, 2025\nmodel,year,val,v2\nA,2020,75.1,61.4\nB,2021,7,100\n",
      })
      expect(scores).toEqual({
        model: ["A", "A", "B", "B"],
        set: ["val", "v2", "val", "v2"],
        metric: ["top1", "top1", "top1", "top1"],
        class: Int32Array.of(-1, -1, -1, -1),
        value: Float64Array.of(0.751, 0.614, 0.07, 1),
        images: Int32Array.of(1000, 100, 1000, 100),
        skipped: new Int32Array(4),
        unlabelled: new Int32Array(4),
      })
    }),
  )

  it.effect("a percentage becomes the nearest share: no rounding is added", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 1001 }, (_, i) => (i / 10).toFixed(1))
      const lines = all.map((value, i) => `m${i},${value}`).join("\n")
      const scores = yield* read({ "table.csv": `model,val\n${lines}\n` }, { images: { val: 10 } })
      expect([...scores.value]).toEqual(all.map((_, i) => i / 1000))
    }),
  )

  it.effect("reads the numbers of images from a file", () =>
    Effect.gen(function* () {
      const files = {
        "table.csv": "model,v2,val\nA,50,60\n",
        "sets.csv": "# Table I\nset,classes,images\nval,10,1000\nv2,10,100\n",
      }
      const scores = yield* read(files, { images: "sets.csv" })
      expect([scores.set, [...scores.images]]).toEqual([
        ["v2", "val"],
        [100, 1000],
      ])
    }),
  )

  it.effect("an empty cell is no score; the columns may be called otherwise", () =>
    Effect.gen(function* () {
      const scores = yield* read({ "table.csv": "name,val,v2\nA,,61.4\n" }, { model: "name", metric: "top5" })
      expect([scores.set, scores.metric]).toEqual([["v2"], ["top5"]])
    }),
  )

  const wrong = (
    name: string,
    text: string,
    says: RegExp,
    params: object = {},
    more: Readonly<Record<string, string>> = {},
  ) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(read({ "table.csv": text, ...more }, params))
        expect(error._tag).toBe("StageError")
        expect(error.message).toMatch(says)
        expect(error.file).toMatch(more["sets.csv"] === undefined ? /table\.csv$/u : /sets\.csv$/u)
      }),
    )

  wrong(
    "a set without a column is an error that lists the columns",
    "model,val\nA,1\n",
    /line 1: no column "v2"; there are model, val/u,
  )
  wrong(
    "what is no number is an error with line, model and set",
    "model,val,v2\nA,1,x\n",
    /line 2: "x", the score of "A" on "v2"/u,
  )
  wrong("more than 100 percent is an error", "model,val,v2\nA,100.1,2\n", /"100.1".*no percentage/u)
  wrong("a negative percentage is an error", "model,val,v2\nA,-1,2\n", /"-1".*no percentage/u)
  wrong("a model given twice is an error", "model,val,v2\nA,1,2\nA,1,2\n", /line 3: a second line of the model "A"/u)
  wrong("a model without a name is an error", "model,val,v2\n,1,2\n", /line 2: the model has no name/u)
  wrong("a table without models is an error", "model,val,v2\n", /no scores/u)
  wrong(
    "a number of images that is none is an error",
    "model,val\nA,1\n",
    /line 2: "many" is no number/u,
    { images: "sets.csv" },
    {
      "sets.csv": "set,images\nval,many\n",
    },
  )
  wrong(
    "a set counted twice is an error",
    "model,val\nA,1\n",
    /line 3: a second line of the set "val"/u,
    { images: "sets.csv" },
    {
      "sets.csv": "set,images\nval,1\nval,2\n",
    },
  )
})
