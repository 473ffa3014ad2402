import { count } from "../../format.ts"
import { type Context, from } from "../figure.ts"
import { html, type Html, join } from "../Html.ts"
import { type Disputed, isFound, type Study } from "../Study.ts"
import { className } from "./perClass.ts"

const uri = (bytes: Uint8Array): string => `data:image/jpeg;base64,${Buffer.from(bytes).toString("base64")}`

const picture = (study: Study, models: readonly [string, string], one: Disputed): Html => {
  const truth = one.labels.map((label) => className(study, label)).join(" or ")
  return html`<li>
    <figure>
      <img src="${uri(one.thumbnail)}" width="${one.width}" height="${one.height}" alt="${one.id}: ${truth}" />
      <figcaption>
        <b>${truth}</b>
        ${join(
          models.map((model, at) => {
            const { label, right } = one.guesses[at === 0 ? 0 : 1]
            const said = `${right ? "✓" : "✗"} ${model}: ${className(study, label)}`
            return html`<span class="${right ? "better" : "worse"}">${said}</span>`
          }),
          " ",
        )}
        <small>${one.id}</small>
      </figcaption>
    </figure>
  </li>`
}

/** Images that exactly one of the first two models gets right. */
export const gallery = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.gallery)) return undefined
  const [found] = study.gallery.rows
  if (found === undefined) return undefined
  const { models, sets } = found
  return html`<div class="gallery">
    <h3>Images that ${models[0]} and ${models[1]} disagree on</h3>
    <p>
      The first two models of the ranking, on images that exactly one of them gets right; some are shown of each kind,
      evenly spaced over the set. Bold: the true class; below it the best guess of each model.
    </p>
    ${sets.map(
      ({ only, set, shown }) =>
        html`<h4>${set}</h4>
          <p class="note">
            ${count(only[0])} images only ${models[0]} gets right, ${count(only[1])} only ${models[1]}.
          </p>
          ${shown.length === 0 && html`<p class="note">These images cannot be read now.</p>`}
          <ul>
            ${shown.map((one) => picture(study, models, one))}
          </ul>`,
    )}
    <p class="tools">${from(context, study.gallery.sources)}</p>
  </div>`
}
