/** Widths of letters in parts of the type size, taken from wide common fonts, so that text fits in narrower ones too. */
const widthOf = (letter: string): number => {
  if (/[ilj.,:;|!'()[\]]/.test(letter)) return 0.36
  if (/[tfrI \-/*]/.test(letter)) return 0.42
  if (/[mwMW@%…—]/.test(letter)) return 0.95
  if (/[A-Z]/.test(letter)) return 0.72
  return letter > "\u2e80" ? 1 : 0.62
}

/** About how wide a text is at a type size, in pixels. */
export const width = (text: string, size: number): number =>
  Array.from(text, widthOf).reduce((sum, one) => sum + one, 0) * size

/** A text that is at most about so wide, cut with an ellipsis where it has to be. */
export const fit = (text: string, size: number, most: number): string => {
  if (width(text, size) <= most) return text
  const letters = Array.from(text)
  let [kept, room] = [0, most - width("…", size)]
  for (const letter of letters) {
    room -= widthOf(letter) * size
    if (room < 0) break
    kept++
  }
  return `${letters.slice(0, kept).join("").trimEnd()}…`
}

/** A text as content or a quoted attribute of XML. Letters that XML cannot hold are left out. */
export const escape = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
