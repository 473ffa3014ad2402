/** Metrics against scikit-learn's, on drawn and on degenerate predictions. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execFileSync } from "node:child_process"
import { averagePrecision } from "../../stages/metrics/averagePrecision.ts"
import { calibration } from "../../stages/metrics/calibration.ts"
import { classScores } from "../../stages/metrics/classScores.ts"
import { classTable } from "../../stages/metrics/classTable.ts"
import { confusion } from "../../stages/metrics/confusion.ts"
import { random } from "../../stages/random.ts"
import { type Case, inputsOf } from "../stages/metrics/cases.ts"
import { runWhole, services } from "../harness.ts"

const python = "/usr/bin/python3"
const has = (): boolean => {
  try {
    execFileSync(python, ["-c", "import sklearn"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const Numbers = Schema.Array(Schema.Finite)
const Answers = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      ap: Schema.Record(Schema.String, Schema.Finite),
      map: Schema.Finite,
      meanClass: Schema.optionalKey(Schema.Finite),
      macroF1: Schema.optionalKey(Schema.Finite),
      confusion: Schema.optionalKey(Schema.Array(Numbers)),
      classes: Schema.optionalKey(Numbers),
      precision: Schema.optionalKey(Numbers),
      recall: Schema.optionalKey(Numbers),
      f1: Schema.optionalKey(Numbers),
      ece: Schema.optionalKey(Schema.Finite),
      nll: Schema.optionalKey(Schema.Finite),
    }),
  ),
)

const draw = (name: string, images: number, classes: number, levels: number, several = false): Case => {
  const { below, chance, normal } = random(name)
  const labels = Array.from({ length: images }, () => {
    const first = below(classes)
    return several ? [...new Set([first, ...(chance(0.5) ? [below(classes)] : [])])] : [first]
  })
  // Few levels make ties, within an image and between them.
  const scores = labels.map((own) =>
    Array.from({ length: classes }, (_, label) =>
      Math.fround(Math.round((normal() + (own.includes(label) ? 1.5 : 0)) * levels) / levels),
    ),
  )
  return { scores, labels }
}

const cases: Readonly<Record<string, Case>> = {
  "200 images of 7 classes": draw("plain", 200, 7, 1e6),
  "scores with many ties": draw("ties", 150, 5, 2),
  "several labels an image": draw("several", 180, 6, 1e6, true),
  "several labels and ties": draw("several ties", 120, 6, 1, true),
  "a class with no images": (() => {
    const { labels, scores } = draw("absent", 90, 5, 1e6)
    return { scores, labels: labels.map(([label = 0]) => [label === 3 ? 0 : label]) }
  })(),
  "all scores tied": {
    scores: Array.from({ length: 30 }, () => [0, 0, 0]),
    labels: Array.from({ length: 30 }, (_, i) => [i % 3]),
  },
  "one class has all images": { ...draw("one", 40, 3, 1e6), labels: Array.from({ length: 40 }, () => [1]) },
  "one class only": {
    scores: Array.from({ length: 12 }, (_, i) => [i / 7]),
    labels: Array.from({ length: 12 }, () => [0]),
  },
  "one image": { scores: [[0.1, 2, -1]], labels: [[2]] },
  "scores far apart": {
    scores: [
      [0, 900, -900],
      [900, 0, 0],
      [1, 2, 3],
    ],
    labels: [[0], [0], [1]],
  },
}

const answers = has()
  ? Schema.decodeUnknownSync(Answers)(
      execFileSync(python, ["bench/peers/metrics.py"], {
        input: JSON.stringify(Object.values(cases)),
        encoding: "utf8",
        maxBuffer: 2 ** 26,
      }),
    )
  : []

const naming = { model: "m", set: "s" }

describe.skipIf(!has())("metrics agree with scikit-learn to 1e-6", () => {
  for (const [at, [name, one]] of Object.entries(cases).entries()) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const said = answers[at]
        if (said === undefined) return yield* Effect.die("no answer")
        const inputs = inputsOf(one)
        const ap = yield* runWhole(averagePrecision, inputs, naming)
        expect(ap.value[0]).toBeCloseTo(said.map, 6)
        const own = [...ap.class].flatMap((label, row) => (label < 0 ? [] : [[String(label), ap.value[row]] as const]))
        expect(own.map(([label]) => label)).toEqual(Object.keys(said.ap))
        for (const [label, value] of own) expect(value).toBeCloseTo(said.ap[label] ?? Number.NaN, 6)
        const several = one.labels.some((labels) => labels.length > 1)
        if (several) return

        const scored = yield* runWhole(classScores, inputs, naming)
        expect(scored.value[0]).toBeCloseTo(said.meanClass ?? Number.NaN, 6)
        expect(scored.value[1]).toBeCloseTo(said.macroF1 ?? Number.NaN, 6)

        const { classes = [], confusion: matrix = [] } = said
        const cells = classes.flatMap((label, row) =>
          classes.flatMap((guess, column) => {
            const images = matrix[row]?.[column] ?? 0
            return images === 0 ? [] : [[label, guess, images]]
          }),
        )
        const found = yield* runWhole(confusion, inputs)
        expect([...found.label].map((label, row) => [label, found.guess[row], found.images[row]])).toEqual(cells)

        const table = yield* runWhole(classTable, inputs)
        expect([...table.class]).toEqual(classes)
        for (const row of classes.keys()) {
          // Where nothing is divided by nothing, scikit-learn is told to say 0.
          expect(Number.isNaN(table.recall[row]) ? 0 : table.recall[row]).toBeCloseTo(
            said.recall?.[row] ?? Number.NaN,
            6,
          )
          expect(Number.isNaN(table.precision[row]) ? 0 : table.precision[row]).toBeCloseTo(
            said.precision?.[row] ?? Number.NaN,
            6,
          )
          expect(table.f1[row]).toBeCloseTo(said.f1?.[row] ?? Number.NaN, 6)
        }

        const trust = yield* runWhole(calibration, inputs, naming)
        expect(trust.value[0]).toBeCloseTo(said.ece ?? Number.NaN, 6)
        // scikit-learn has no log loss of a single class; it is that of certainty.
        expect(trust.value[1]).toBeCloseTo(said.nll ?? 0, 6)
      }).pipe(Effect.provide(services())),
    )
  }
})
