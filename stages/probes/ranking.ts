import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

/** What counts when classes are ranked. */
export interface Ranking {
  readonly classes: number
  /** How many of the best classes are wanted. */
  readonly top: number
  /** The classes that count; all where it is undefined. */
  readonly mask: ReadonlyArray<number> | undefined
}

/**
 * Ranks the classes of each row by their scores; the lower class goes first
 * where scores are equal, and classes outside the mask are left out.
 *
 * In: `scores` `[rows, classes]` and `pairs` `[pairs, 2]` int64, a row and a
 * class each. Out: `top` `[rows, top]` int32, best first; `best`, their
 * scores; `undefined` `[rows]` bool, whether a score is NaN; `ranks` `[pairs]`
 * int32, from 1: the place of that class in that row.
 */
export const rankingGraph = ({ classes, mask, top }: Ranking): Graph.Graph => {
  const g = Graph.make("ranking")
  const scores = g.input("scores", "float32", ["rows", classes])
  const pairs = g.input("pairs", "int64", ["pairs", 2])
  const axis1 = g.constant(Tensor.int64([1], [1]))

  const chosen = new Set(mask)
  const counted = Array.from({ length: classes }, (_, i) => chosen.has(i))
  const kept =
    mask === undefined
      ? scores
      : g.op("Where", [
          g.constant(Tensor.bool([1, classes], counted)),
          scores,
          g.constant(Tensor.float32([], [-Infinity])),
        ])
  const [best, which] = g.ops("TopK", [kept, g.constant(Tensor.int64([1], [top]))], { axis: 1 }, 2)
  g.output("top", g.op("Cast", [which], { to: 6 }), "int32", ["rows", top])
  g.output("best", best, "float32", ["rows", top])

  const float = 1
  const int32 = 6
  const bool = 9
  const undefinedScores = g.op("ReduceMax", [g.op("Cast", [g.op("IsNaN", [scores])], { to: float }), axis1], {
    keepdims: 0,
  })
  g.output("undefined", g.op("Cast", [undefinedScores], { to: bool }), "bool", ["rows"])

  const ends = [0, 1, 2].map((i) => g.constant(Tensor.int64([1], [i])))
  const [zero, one, two] = ends
  const row = g.op("Reshape", [g.op("Slice", [pairs, zero, one, axis1]), g.constant(Tensor.int64([1], [-1]))])
  const label = g.op("Slice", [pairs, one, two, axis1])
  const others = g.op("Gather", [kept, row])
  const own = g.op("GatherElements", [others, label], { axis: 1 })
  const numbers = g.constant(
    Tensor.int64(
      [1, classes],
      Array.from({ length: classes }, (_, i) => i),
    ),
  )
  const ahead = g.op("Or", [
    g.op("Greater", [others, own]),
    g.op("And", [g.op("Equal", [others, own]), g.op("Less", [numbers, label])]),
  ])
  const count = g.op("ReduceSum", [g.op("Cast", [ahead], { to: int32 }), axis1], { keepdims: 0 })
  g.output("ranks", g.op("Add", [count, g.constant(Tensor.int32([], [1]))]), "int32", ["pairs"])
  return g
}
