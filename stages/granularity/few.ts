/** Some of many names, for an error message. */
export const few = (names: ReadonlyArray<string>): string =>
  `${names
    .slice(0, 5)
    .map((name) => JSON.stringify(name))
    .join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`
