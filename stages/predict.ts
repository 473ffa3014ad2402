import * as Option from "effect/Option"
import type { Table } from "../src/arrow/Table.ts"
import { type Input, isNode, type Node } from "../src/dsl/Node.ts"
import { neighbours } from "./neighbours.ts"
import { knnDino } from "./probes/knnDino.ts"
import { knnMarks } from "./probes/knnMarks.ts"
import { predictFeatures } from "./probes/predictFeatures.ts"
import { predictNeighbours } from "./probes/predictNeighbours.ts"
import { Features, Labels, type Predictions, type Probe } from "./tables.ts"

type Params = Parameters<typeof predictFeatures>[1]

const isOf =
  <T extends Table>(table: T) =>
  (input: Input): input is Node<T> =>
    isNode(input) && input.table.name === table.name

/** The search that a probe's neighbours come from; none where it is of another kind. */
const searchOf = ({ params, stage }: Node<typeof Probe>) => {
  for (const protocol of [knnDino, knnMarks]) if (stage === protocol) return protocol.search(params)
  return Option.none()
}

/**
 * Applies a probe to features, batch by batch. Gives the `top` best classes of
 * each image (all of them where there are fewer) with their scores, which are
 * the probe's own (logits of a linear probe, votes of neighbours; no softmax),
 * and, where labels are given, the place of the best-placed true label among
 * all classes. Of equal scores the lower class goes first.
 *
 * `variant` says which of the probe's is meant: `final`, or `best` where it has one.
 *
 * `mask` lists the classes that count: the others are left out before anything
 * is ranked, as the benchmarks of 200 classes out of 1000 do. Labels outside
 * the mask have no place; an image that has only such labels is an error.
 *
 * A probe of neighbours is applied in two nodes: {@link neighbours} finds the
 * nearest training rows, once for all probes that look for them alike, and
 * their votes are counted.
 *
 * Errors: features of another width than the probe's, labels or mask out of
 * range, scores that are NaN.
 */
export const predict = (
  inputs: {
    readonly probe: Node<typeof Probe>
    readonly features: Node<typeof Features>
    readonly labels?: Node<typeof Labels>
  },
  params: Params = {},
): Node<typeof Predictions> => {
  const { features, probe, ...labels } = inputs
  const { features: training, labels: classes } = probe.inputs
  const search = searchOf(probe)
  if (Option.isNone(search) || !isOf(Features)(training) || !isOf(Labels)(classes))
    return predictFeatures(inputs, params)
  const found = neighbours({ features, training, labels: classes }, search.value)
  return predictNeighbours({ probe, neighbours: found, ...labels }, params)
}
