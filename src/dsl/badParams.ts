import * as SchemaIssue from "effect/SchemaIssue"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "UnexpectedKey") return "there is no such param"
    return issue._tag === "MissingKey" ? "it is missing" : SchemaIssue.defaultLeafHook(issue)
  },
})

/** What is wrong with params, field by field: `resize: Expected number | array, got "big"`. */
export const badParams = (issue: SchemaIssue.Issue): string =>
  format(issue)
    .issues.map(({ message, path = [] }) => {
      const field = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".")
      return field === "" ? message : `${field}: ${message}`
    })
    .join("; ")
