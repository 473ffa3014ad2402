/** The version of this package, as `--version` says it. */
export const version = "0.1.0"
