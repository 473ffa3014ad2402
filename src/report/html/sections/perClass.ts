import { type ClassData, classHead, classRows } from "../classRows.ts"
import type { Context } from "../figure.ts"
import { html, type Html, json } from "../Html.ts"
import { limits } from "../limits.ts"
import { isFound, type Study } from "../Study.ts"
import { table } from "../table.ts"

/** A class's name, or its number where names are not known. */
export const className = (study: Study, label: number): string => study.classNames[label] ?? `class ${label}`

const options = (names: ReadonlyArray<string>, selected: number): Html =>
  html`${names.map((name, at) => html`<option value="${at}" ${at === selected && html` selected`}>${name}</option>`)}`

/** Gains and losses by class between the first two models; in the page the reader chooses others. */
export const perClass = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.perClass)) return undefined
  const [found] = study.perClass.rows
  const [first] = found?.sets ?? []
  if (found === undefined || first === undefined) return undefined
  const { metric, models, sets } = found
  const used = sets.reduce((most, { classes }) => classes.reduce((larger, label) => Math.max(larger, label), most), -1)
  const data: ClassData = {
    sets: sets.map(({ classes, images, set, values }) => ({
      set,
      classes,
      images,
      // A ten-thousandth is finer than any class has images for.
      values: values.map((list) =>
        list.map((value) => (Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : null)),
      ),
    })),
    names: study.classNames.slice(0, used + 1),
    each: limits.classes,
  }
  const id = `${context.prefix}classes`
  const [a = "", b = ""] = models
  const more =
    study.perClass.total > models.length
      ? ` Of ${study.perClass.total} models the first ${models.length} can be chosen.`
      : ""
  return html`<form class="choose" data-classes="${id}" hidden>
      <label
        >From
        <select name="a">
          ${options(models, 0)}
        </select></label
      >
      <label
        >to
        <select name="b">
          ${options(models, 1)}
        </select></label
      >
      <label
        >on
        <select name="set">
          ${options(
            sets.map(({ set }) => set),
            0,
          )}
        </select></label
      >
    </form>
    ${json(`${id}-data`, data)}
    ${table(context, {
      id: "classes",
      title: "Gains and losses by class",
      caption: html`<span data-said>From ${a} to ${b} on ${first.set}</span>: the share of each class's images that are
        right (${metric}), in percent, and its change in percentage points. Where a set has more than
        ${2 * limits.classes} classes, the ${limits.classes} that gain most and the ${limits.classes} that lose
        most.${more}`,
      head: classHead,
      rows: classRows(data, 0, 0, 1),
      sources: study.perClass.sources,
    })}`
}
