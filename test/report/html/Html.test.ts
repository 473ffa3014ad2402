import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { parseHTML } from "linkedom"
import { escape, html, join, json, prose, raw } from "../../../src/report/html/Html.ts"

const hostile = `</script><img src=x onerror="alert(1)">'&\u0000`

describe("a template", () => {
  it("escapes whatever is put in, in content and in attributes", () => {
    const { text } = html`<p title="${hostile}">${hostile}</p>`
    expect(text).toBe(`<p title="${escape(hostile)}">${escape(hostile)}</p>`)
    const { document } = parseHTML(`<html><body>${text}</body></html>`)
    expect(document.querySelectorAll("img, script").length).toBe(0)
    expect(document.querySelector("p")?.getAttribute("title")).toBe(hostile.replace("\u0000", "\ufffd"))
  })

  it("takes HTML, lists and numbers as they are, and leaves out what is not there", () => {
    expect(html`<b>${[html`<i>${1}</i>`, "a"]}${undefined}${false}</b>`.text).toBe("<b><i>1</i>a</b>")
    expect(html`${join(["a", raw("<br>"), "b"], ", ")}`.text).toBe("a, <br>, b")
  })

  it("makes code of what stands between backticks", () => {
    expect(html`${prose("run `a <b>` now")}`.text).toBe("run <code>a &lt;b&gt;</code> now")
  })
})

describe("data for the script", () => {
  it("cannot end its element, and is read back as it was", () => {
    const value = { name: hostile, nested: ["<!--", "</SCRIPT>"] }
    const { text } = json("data", value)
    expect(text.slice(text.indexOf(">") + 1, text.lastIndexOf("<"))).not.toContain("<")
    const inside = text.slice(text.indexOf(">") + 1, text.lastIndexOf("<"))
    expect(Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))(inside)).toEqual(value)
  })
})
