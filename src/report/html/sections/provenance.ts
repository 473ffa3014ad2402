import { bytes, count, duration } from "../../format.ts"
import { inWords } from "../../state.ts"
import type { Context } from "../figure.ts"
import { html, type Html, type Piece } from "../Html.ts"
import type { Source } from "../Study.ts"

const line = (record: Readonly<Record<string, string>>): string =>
  Object.entries(record)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ")

/** Values that many share, each with a number: what is the same is said once. */
const numbered = (values: ReadonlyArray<string>) => {
  const unique = [...new Set(values)]
  const at = new Map(unique.map((value, index) => [value, index + 1]))
  return { unique, of: (value: string) => at.get(value) ?? 0 }
}

const hashes = (all: ReadonlyArray<string>): Html => {
  const [first = "", ...rest] = all
  return html`<code>${first}</code>${
      rest.length > 0 &&
      html`<details>
        <summary>${count(rest.length)} more</summary>
        ${rest.map((hash) => html`<code>${hash}</code> `)}
      </details>`
    }`
}

/** Params of many parts behind a click. */
const long = (text: string): Html =>
  text.length <= 100
    ? html`<code>${text}</code>`
    : html`<details>
        <summary><code>${text.slice(0, 60)}…</code></summary>
        <code class="wrap">${text}</code>
      </details>`

const stateOf = ({ fresh, state }: Source): string =>
  fresh ? "✓ fresh" : `● from an earlier run; now ${inWords(state)}`

/** How everything on the page came about: node by node the key, the artifact, the versions and the host. */
export const provenance = ({ report }: Context): Html => {
  const { sources } = report
  if (sources.length === 0) return html`<p>Nothing on this page was computed yet.</p>`
  const hosts = numbered(sources.map(({ host }) => line(host)))
  const versions = numbered(sources.map(({ versions }) => line(versions)))
  const row = (source: Source, at: number): Html =>
    html`<tr id="source-${at}">
      <th scope="row">
        ${source.node}${
          source.target !== undefined &&
          source.target !== source.node &&
          html` <small>(target ${source.target})</small>`
        }
      </th>
      <td>${stateOf(source)}</td>
      <td class="n">${count(source.rows)}</td>
      <td class="n">${bytes(source.bytes)}</td>
      <td class="n">${duration(source.seconds)}</td>
      <td>${source.finished.replace("T", " ").replace(/\.\d+Z$/, " UTC")}</td>
      <td data-v="${source.keys.join(" ")}">${hashes(source.keys)}</td>
      <td data-v="${source.artifacts.join(" ")}">${hashes(source.artifacts)}</td>
      <td><code>${source.code}</code></td>
      <td data-v="${source.params}">${long(source.params)}</td>
      <td class="n">
        <a href="#versions-${versions.of(line(source.versions))}">${versions.of(line(source.versions))}</a>
      </td>
      <td class="n"><a href="#host-${hosts.of(line(source.host))}">${hosts.of(line(source.host))}</a></td>
    </tr> `
  const list = (name: string, values: ReadonlyArray<string>): Piece =>
    html`<ol class="small">
      ${values.map((value, at) => html`<li id="${name}-${at + 1}">${value === "" ? "nothing recorded" : value}</li>`)}
    </ol>`
  return html`<p>
      Each node whose results are on this page, with the key of its action, the hash of its artifact and of its code.
      The same record: <code>pipeline log NODE</code>.
    </p>
    <section class="table" id="provenance-table">
      <div class="scroll long" tabindex="0" role="group" aria-label="Provenance">
        <table aria-label="Provenance" class="small">
          <thead>
            <tr>
              ${["node", "state", "rows", "size", "took", "finished", "key", "artifact", "code", "params", "versions", "host"].map((name) => html`<th scope="col" data-key="${name}"><button type="button" data-sort disabled>${name}</button></th>`)}
            </tr>
          </thead>
          <tbody>
            ${sources.map(row)}
          </tbody>
        </table>
      </div>
      <p class="tools"><button type="button" data-csv="provenance-table" hidden>Save as CSV</button></p>
    </section>
    <h3>Versions</h3>
    ${list("versions", versions.unique)}
    <h3>Hosts</h3>
    ${list("host", hosts.unique)}`
}
