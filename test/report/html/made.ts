/** A report made by hand: a benchmark of any size whose figures follow a simple rule. */
import * as Effect from "effect/Effect"
import sharp from "sharp"
import type { Plan } from "../../../src/plan/State.ts"
import { type Entry, make } from "../../../src/report/Board.ts"
import type { Found, Gallery, Report, Source, Study } from "../../../src/report/html/Study.ts"

/** Numbers that look drawn and are the same every time. */
const wave = (...of: ReadonlyArray<number>): number => {
  const x = Math.sin(of.reduce((sum, n, at) => sum + n * (12.9898 + at * 65.417), 0.5)) * 43758.5453
  return x - Math.floor(x)
}

export interface Size {
  readonly models: number
  readonly name?: (model: number) => string
  readonly sets?: ReadonlyArray<string>
  readonly classNames?: ReadonlyArray<string>
  readonly gallery?: Gallery
}

export const paper = [
  "DINO",
  "Swav",
  "MoCo",
  "Barlow",
  "VicReg",
  "BYOL",
  "OBoW",
  "DeepC",
  "SimSiam",
  "SimCLR",
  "PCL",
  "SeLa",
]

const found = <T>(rows: ReadonlyArray<T>, ...sources: ReadonlyArray<number>): Found<T> => ({
  rows,
  sources,
  total: rows.length,
})

const rank = (values: ReadonlyArray<number>, value: number): number =>
  1 + values.filter((other) => other > value).length

/** Scores of all models on all sets and by two aggregates, the first two models tied on the second set. */
const entriesOf = (names: ReadonlyArray<string>, sets: ReadonlyArray<string>): ReadonlyArray<Entry> => {
  const accuracy = (model: number, set: number): number =>
    set === 1 && model === 1
      ? accuracy(0, 1)
      : Math.max(0.01, (0.75 - set * 0.11) * (1 - (model / names.length) * 0.4) + (wave(model, set) - 0.5) * 0.02 * set)
  const columns = [
    ...sets.map((name, set) => ({ name, kind: "set" as const, values: names.map((_, model) => accuracy(model, set)) })),
    ...["weighted", "geometric"].map((name, at) => ({
      name,
      kind: "aggregate" as const,
      values: names.map((_, model) => {
        const values = sets.slice(1).map((_, set) => accuracy(model, set + 1))
        return at === 0
          ? values.reduce((sum, value) => sum + value, 0) / values.length
          : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
      }),
    })),
  ]
  const reference = columns[0]?.values ?? []
  return columns.flatMap(({ kind, name, values }) =>
    names.map((model, at) => ({
      model,
      column: name,
      kind,
      value: values[at] ?? 0,
      rank: rank(values, values[at] ?? 0),
      change: rank(reference, reference[at] ?? 0) - rank(values, values[at] ?? 0),
      images: 10_000,
      skipped: 0,
    })),
  )
}

export const sourceOf = (node: string, rest: Partial<Source> = {}): Source => ({
  node,
  target: undefined,
  stage: node.replace(/\(.*/, ""),
  state: { _tag: "fresh" },
  fresh: true,
  keys: ["x1aa"],
  artifacts: ["x1bb"],
  rows: 12,
  bytes: 3400,
  seconds: 0.2,
  finished: "2026-11-20T10:00:00.000Z",
  params: "{}",
  code: "x1cc",
  versions: { effect: "4.1.0" },
  host: { host: "here", node: "v24" },
  ...rest,
})

export const defaultSets = ["validation", "real", "v2", "rendition", "sketch", "adversarial"]

/** All parts of a study. */
export const studyOf = ({ classNames = [], gallery, models, name, sets = defaultSets }: Size): Study => {
  const names = Array.from({ length: models }, (_, at) => name?.(at) ?? paper[at] ?? `model ${at}`)
  const entries = entriesOf(names, sets)
  const board = make(entries)
  const at = (model: string, column: string) =>
    entries.find((entry) => entry.model === model && entry.column === column)
  const value = (model: string, column: string) => at(model, column)?.value ?? 0
  const ordered = board.models
  const near = ordered.slice(0, 30)
  const pairs = sets.flatMap((set) =>
    near.flatMap((a, i) =>
      near.slice(i + 1).map((b) => {
        const difference = value(a, set) - value(b, set)
        const p = Math.min(1, Math.exp(-Math.abs(difference) * 300))
        return {
          set,
          a,
          b,
          method: "tango",
          difference,
          low: difference - 0.007,
          high: difference + 0.007,
          onlyA: 120,
          onlyB: 90,
          images: 10_000,
          exact: p,
          mid: p * 0.9,
          holm: Math.min(1, p * 3),
        }
      }),
    ),
  )
  const [reference = ""] = sets
  const columns = [...sets, "weighted", "geometric"]
  return {
    title: "table",
    models: ordered,
    sets,
    aggregates: ["weighted", "geometric"],
    reference,
    board: { ...board, sources: [0] },
    facts: found(
      sets.map((set, i) => ({
        set,
        images: 10_000,
        skipped: i,
        unlabelled: i === 1 ? 33 : 0,
        classes: { count: 20, least: 37, most: 62 },
        multi: i === 1 ? 410 : 0,
      })),
      1,
    ),
    intervals: found(
      entries
        .filter(({ kind }) => kind === "set")
        .map(({ column, model, value }) => ({
          model,
          set: column,
          method: "wilson",
          value,
          low: value - 0.005,
          high: value + 0.005,
          level: 0.95,
          images: 10_000,
        })),
      1,
    ),
    rankSets: found(
      sets.flatMap((set) =>
        ordered.map((model) => {
          const own = at(model, set)?.rank ?? 1
          return {
            set,
            model,
            rank: own,
            low: Math.max(1, own - 2),
            high: Math.min(models, own + 2),
            marginalLow: Math.max(1, own - 1),
            marginalHigh: Math.min(models, own + 1),
            level: 0.95,
          }
        }),
      ),
      1,
    ),
    pairs: { rows: pairs, sources: [1], total: (sets.length * models * (models - 1)) / 2 },
    noise: found(
      sets.map((set) => ({
        set,
        images: 10_000,
        discordance: 0.2,
        error: 0.0045,
        smallest: 0.009,
        lead: 0.001,
        noise: 0.82,
        level: 0.95,
      })),
      1,
    ),
    rankProbabilities: found(
      ["bootstrap", "dirichlet", "subsets", "leave-one-out"].flatMap((source) =>
        near.flatMap((model, i) => [
          { source, set: source === "bootstrap" ? reference : "weighted", model, rank: i + 1, probability: 0.7 },
          {
            source,
            set: source === "bootstrap" ? reference : "weighted",
            model,
            rank: i === 1 ? 1 : i + 2,
            probability: 0.3,
          },
        ]),
      ),
      1,
    ),
    aggregateIntervals: found(
      ["weighted", "geometric"].flatMap((aggregate) =>
        ordered.map((model) => ({
          model,
          aggregate,
          value: value(model, aggregate),
          low: value(model, aggregate) - 0.01,
          high: value(model, aggregate) + 0.01,
          level: 0.95,
        })),
      ),
      1,
    ),
    effects: found(
      near.flatMap((a, i) =>
        near.slice(i + 1).flatMap((b) =>
          ["fixed", "random"].map((method) => {
            const estimate = value(a, "weighted") - value(b, "weighted")
            return {
              a,
              b,
              method,
              estimate,
              low: estimate - 0.01,
              high: estimate + 0.01,
              p: 0.04,
              tau2: 0.001,
              q: 9,
              i2: 0.56,
              sets: sets.length - 1,
            }
          }),
        ),
      ),
      1,
    ),
    agreement: found(
      [
        ...["pearson", "spearman", "tau-b"].flatMap((measure) =>
          columns
            .slice(1)
            .map((b) => ({ measure, a: reference, b, value: -0.015, low: -0.6, high: 0.6, p: 0.95, n: models })),
        ),
        {
          measure: "kendall-w",
          a: "",
          b: "",
          value: 0.77,
          low: Number.NaN,
          high: Number.NaN,
          p: 0.0001,
          n: sets.length - 1,
        },
        {
          measure: "nemenyi",
          a: "",
          b: "",
          value: 7.45,
          low: Number.NaN,
          high: Number.NaN,
          p: Number.NaN,
          n: sets.length - 1,
        },
      ],
      1,
    ),
    regressions: found(
      sets.slice(1).flatMap((set) =>
        Array.from({ length: 11 }, (_, i) => ({
          set,
          x: 0.45 + i * 0.03,
          fit: 0.3 + i * 0.02,
          low: 0.28 + i * 0.02,
          high: 0.32 + i * 0.02,
        })),
      ),
      1,
    ),
    verdicts: found(
      [
        { kind: "overall", a: "", b: "", text: `On ${reference} ${near[0]} and ${near[1]} could each be first.` },
        ...near.slice(1).map((b, i) => ({
          kind: "neighbours",
          a: near[i] ?? "",
          b,
          text: `${near[i]} and ${b} are indistinguishable on ${reference} (p = .41).`,
        })),
        { kind: "model", a: near[0] ?? "", b: "", text: `${near[0]} is rank 1.` },
        { kind: "method", a: "", b: "", text: "Two models differ where p ≤ .05." },
      ],
      1,
    ),
    perClass: found(
      [
        {
          metric: "top1",
          models: ordered.slice(0, 16),
          sets: sets.map((set, s) => ({
            set,
            classes: Array.from({ length: 20 }, (_, label) => label),
            images: Array.from({ length: 20 }, () => 50),
            values: ordered
              .slice(0, 16)
              .map((_, m) => Array.from({ length: 20 }, (_, label) => Math.round(wave(m, s, label) * 50) / 50)),
          })),
        },
      ],
      1,
    ),
    curves: found(
      ordered.slice(0, 24).map((model, m) => ({
        model,
        protocol: "linear/cole",
        losses: Array.from({ length: 30 }, (_, epoch) => 0.4 + m * 0.05 + 2.5 * Math.exp(-epoch / 6)),
        settings:
          m > 0
            ? []
            : [
                { words: "rate 0.1", heldOut: 0.712, stopped: undefined, chosen: ["best"] },
                { words: "rate 1", heldOut: 0.734, stopped: undefined, chosen: ["final"] },
                { words: "rate 100", heldOut: Number.NaN, stopped: "its loss was not finite in epoch 2", chosen: [] },
              ],
      })),
      1,
    ),
    gallery: gallery === undefined ? { missing: "No images to show." } : found([gallery], 1),
    classNames,
  }
}

export const planOf = (nodes: Plan["nodes"] = []): Plan => ({ pipeline: "lottery", nodes })

/** A report of one study. */
export const reportOf = (size: Size, rest: Partial<Report> = {}): Report => ({
  pipeline: "lottery",
  written: "2026-11-20T12:34:56.000Z",
  version: "0.1.0",
  plan: planOf(),
  studies: [studyOf(size)],
  skipped: found([]),
  encoders: found([]),
  sources: [sourceOf("aggregate(table)", { target: "table" }), sourceOf("rankSets")],
  ...rest,
})

/** A gallery of a few plain pictures. */
export const galleryOf = (models: readonly [string, string], set = "validation"): Effect.Effect<Gallery> =>
  Effect.promise(async () => {
    const shown = await Promise.all(
      ["#0072b2", "#d55e00", "#009e73", "#cc79a7"].map(async (background, at) => {
        const data = await sharp({ create: { width: 96, height: 72, channels: 3, background } })
          .jpeg()
          .toBuffer()
        const first = at < 2
        return {
          id: `${set}/${at}`,
          thumbnail: new Uint8Array(data),
          width: 96,
          height: 72,
          labels: [at],
          guesses: [
            { label: first ? at : 9, score: 3, right: first },
            { label: first ? 9 : at, score: 2, right: !first },
          ] as const,
        }
      }),
    )
    return { models, sets: [{ set, only: [115, 72] as const, shown }] }
  })
