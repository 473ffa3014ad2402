import { styleText } from "node:util"

/** How a text is to look: with colours or without, and how much room there is (undefined: as much as it likes). */
export interface Style {
  readonly colour: boolean
  readonly columns: number | undefined
  readonly rows: number | undefined
}

/** Neither colours nor a limit: what goes to a file or a pipe. */
export const plain: Style = { colour: false, columns: undefined, rows: undefined }

/** The looks in use. Each goes with a sign or a word, so that nothing is said by colour alone. */
export type Look = "good" | "attention" | "bad" | "waiting" | "quiet" | "strong"

const formats = {
  good: "green",
  attention: "yellow",
  bad: "red",
  waiting: "cyan",
  quiet: "dim",
  strong: "bold",
} as const satisfies Record<Look, string>

/** A text in some look, or as it is where there are no colours. */
export const paint = (style: Style, look: Look, text: string): string =>
  style.colour && text !== "" ? styleText(formats[look], text, { validateStream: false }) : text

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ""

/**
 * Whether to use colours: `NO_COLOR` forbids them, `FORCE_COLOR` (other than `0`
 * or `false`) asks for them, else they go to terminals that are not `dumb`.
 */
export const wantsColour = (env: Readonly<Record<string, string | undefined>>, terminal: boolean): boolean => {
  if (isSet(env["NO_COLOR"]) || env["TERM"] === "dumb") return false
  const forced = env["FORCE_COLOR"]
  return isSet(forced) ? forced !== "0" && forced !== "false" : terminal
}
