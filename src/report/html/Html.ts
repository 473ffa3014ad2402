/** HTML that is known to be safe: text put into a template is escaped, unless it is such HTML itself. */
export interface Html {
  readonly _tag: "Html"
  readonly text: string
}

/** What may stand in a template. `undefined` and `false` leave nothing behind. */
export type Piece = string | number | Html | undefined | false | ReadonlyArray<Piece>

/** Text as it has to stand in HTML, in content and in quoted attributes alike. */
export const escape = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    // Control characters would be an error in the page.
    .replaceAll(/[^\P{Cc}\t\n\r]/gu, "\ufffd")

const isList = (piece: Piece): piece is ReadonlyArray<Piece> => Array.isArray(piece)

const render = (piece: Piece): string => {
  if (piece === undefined || piece === false) return ""
  if (typeof piece === "string") return escape(piece)
  if (typeof piece === "number") return `${piece}`
  return isList(piece) ? piece.map(render).join("") : piece.text
}

/** HTML from text that is known to be safe. */
export const raw = (text: string): Html => ({ _tag: "Html", text })

/** Indentation of the source is none of the page's. */
const flat = (string: string): string => string.replaceAll(/\n\s*/g, "\n")

/** A template: everything put in is escaped. Attributes must be quoted. */
export const html = (strings: TemplateStringsArray, ...pieces: ReadonlyArray<Piece>): Html =>
  raw(strings.map((string, at) => flat(string) + (at < pieces.length ? render(pieces[at]) : "")).join(""))

/** Pieces with something between them. */
export const join = (pieces: ReadonlyArray<Piece>, between: Piece): ReadonlyArray<Piece> =>
  pieces.flatMap((piece, at) => (at === 0 ? [piece] : [between, piece]))

/** Text in which what stands between backticks is code. */
export const prose = (text: string): ReadonlyArray<Piece> =>
  text.split("`").map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))

/** A value for the script of the page, in an element that is not run. */
export const json = (id: string, value: unknown): Html =>
  // Neither `</script` nor `<!--` may be seen by the parser of the page.
  raw(`<script type="application/json" id="${escape(id)}">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>`)

/** A script of the page, letter by letter: the page names its hash. */
export const script = (text: string): Html => raw(`<script>${text}</script>`)
