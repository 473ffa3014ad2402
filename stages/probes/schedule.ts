/** How the rate goes over a training: a factor of at most 1 for each step. */
export interface Schedule {
  /** `cosine` goes to 0 at the end; `steps` multiplies by `factor` at each of `milestones`. */
  readonly shape: "constant" | "cosine" | "steps"
  /** Whether the factor changes from step to step or from epoch to epoch; `steps` does so with epochs only. */
  readonly every: "step" | "epoch"
  /** Epochs in which the factor grows evenly, in front of the shape; the shape fills the rest. */
  readonly warmUp: number
  /** Epochs before which the factor falls, counted from 0. */
  readonly milestones: ReadonlyArray<number>
  readonly factor: number
}

/** Where a training stands: `step` of all its steps, counted from 0. */
export interface Place {
  readonly step: number
  readonly stepsPerEpoch: number
  readonly epochs: number
}

/**
 * The factor of a step. With u steps or epochs done, W of warm-up and T in all:
 *
 * - warm-up: `u / W` by steps (google-research/simclr: the first step is of
 *   rate 0), `(u + 1) / (W + 1)` by epochs (manuelknott/ssl_eval_protocols);
 * - cosine: `(1 + cos(pi (u - W) / (T - W))) / 2`, as PyTorch's
 *   CosineAnnealingLR with `eta_min` 0;
 * - steps: `factor` to the power of the milestones that are reached, as MultiStepLR.
 */
export const factorAt = (
  { every, factor, milestones, shape, warmUp }: Schedule,
  { epochs, step, stepsPerEpoch }: Place,
): number => {
  const epoch = Math.floor(step / stepsPerEpoch)
  const byStep = every === "step"
  const [done, warm, all] = byStep ? [step, warmUp * stepsPerEpoch, epochs * stepsPerEpoch] : [epoch, warmUp, epochs]
  if (done < warm) return byStep ? done / warm : (done + 1) / (warm + 1)
  switch (shape) {
    case "constant":
      return 1
    case "cosine":
      return (1 + Math.cos((Math.PI * (done - warm)) / (all - warm))) / 2
    case "steps":
      return factor ** milestones.filter((milestone) => epoch >= milestone).length
  }
}
