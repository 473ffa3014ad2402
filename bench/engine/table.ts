/** Prints rows below a head, columns aligned: the first to the left, the others to the right. */
export const print = (title: string, head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): void => {
  const all = [head, ...rows]
  const wide = head.map((_, at) => Math.max(...all.map((row) => (row[at] ?? "").length)))
  console.log(`\n${title}`)
  for (const row of all) {
    console.log(
      `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(wide[at] ?? 0) : cell.padStart(wide[at] ?? 0))).join("  ")}`,
    )
  }
}
