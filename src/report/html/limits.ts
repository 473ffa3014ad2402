/** How much of a large benchmark is drawn. Beyond these numbers a picture says less, not more; tables go further. */
export const limits = {
  /** Lines with a colour and a name of their own. */
  lines: 12,
  /** Lines in grey behind them. */
  background: 250,
  /** Rows of a chart with a model a row. */
  models: 40,
  /** Rows and columns of a matrix. */
  matrix: 24,
  /** Pairs of models with a forest plot each. */
  forests: 12,
  /** Models whose accuracies by class can be compared. */
  perClass: 16,
  /** Classes in the table of gains and losses, from each end. */
  classes: 30,
  /** Verdicts of a kind before a click. */
  verdicts: 12,
  /** Rows of a table on the page. */
  rows: 400,
  /** Images in the gallery. */
  images: 24,
  /** Loss curves. */
  curves: 24,
} as const
