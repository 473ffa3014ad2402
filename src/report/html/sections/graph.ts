import { html, type Html } from "../Html.ts"

/** The pipeline as a picture: what stands on what, and how fresh it is. */
export const graph = (svg: Html): Html =>
  html`<figure id="graph-figure" class="graph">
    <figcaption>
      <h3>What stands on what</h3>
      <p>
        Nodes that are alike are drawn as one box. <code>pipeline graph --format html</code> writes a page in which
        boxes unfold.
      </p>
    </figcaption>
    <label class="choose"><input type="checkbox" /> Full size</label>
    <div class="panels" tabindex="0" role="group" aria-label="The pipeline"><div class="panel">${svg}</div></div>
    <p class="tools"><button type="button" data-svg="graph-figure" hidden>Save as SVG</button></p>
  </figure>`
