import { createReadStream } from "node:fs"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { StageError } from "../../src/dsl/StageError.ts"
import { unreadable } from "./paths.ts"

class Malformed extends Schema.TaggedError<Malformed>()("Malformed", { message: Schema.String }) {}

/** How a CSV file is written. */
export interface CsvOptions {
  /** Between cells: `,` where nothing is said. */
  readonly separator?: string
  /** Lines that start with this are left out. */
  readonly comment?: string
}

/**
 * Reads a CSV file record by record, in order: memory holds one at a time.
 * `visit` gets the cells and the number of the record's last line, and returns
 * what is wrong with them, if anything; that ends the reading. Quotes are `"`,
 * doubled inside quoted cells; empty lines and a byte order mark are left out.
 * A record with another number of cells than the first is an error, as all that
 * is wrong: one `StageError` with the file and the line.
 */
export const readCsv = (
  file: string,
  options: CsvOptions,
  visit: (cells: ReadonlyArray<string>, line: number) => string | undefined,
): Effect.Effect<void, StageError> => {
  let width: number | undefined
  const check = (cells: ReadonlyArray<string>, line: number) => {
    width ??= cells.length
    if (cells.length !== width) return `${cells.length} cells where the first line has ${width}`
    return visit(cells, line)
  }
  return Effect.tryPromise({
    try: async (signal) => {
      const { parse } = await import("csv-parse")
      const parser = parse({
        bom: true,
        delimiter: options.separator ?? ",",
        relax_column_count: true,
        skip_empty_lines: true,
        comment: options.comment ?? null,
        comment_no_infix: true,
        // Nothing is kept: a record is done with once it has been visited.
        on_record: (cells: string[], { lines }) => {
          const problem = check(cells, lines)
          if (problem !== undefined) throw new Malformed({ message: `line ${lines}: ${problem}` })
          return null
        },
      })
      await pipeline(createReadStream(file), parser, { signal })
    },
    catch: (cause) => {
      if (cause instanceof Malformed) return new StageError({ message: cause.message, file })
      if (cause instanceof Error && "code" in cause && String(cause.code).startsWith("CSV_")) {
        return new StageError({ message: `not well-formed CSV: ${cause.message}`, file, cause })
      }
      return unreadable(file, cause)
    },
  })
}

/** Position of a column, given by its name or from 0, or what is wrong: the header has none such. */
export const columnIn = (header: ReadonlyArray<string>, column: string | number): number | string => {
  if (typeof column === "string") {
    const position = header.indexOf(column)
    return position === -1 ? `no column ${JSON.stringify(column)}; there are ${header.join(", ")}` : position
  }
  return column < header.length ? column : `no column ${column}; the positions are 0 to ${header.length - 1}`
}
