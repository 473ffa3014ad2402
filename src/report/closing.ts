import type { Event } from "../run/Event.ts"
import { count, counted, duration } from "./format.ts"
import { nothingToDo } from "./plan.ts"
import { paint, type Style } from "./style.ts"

type Of<Name extends Event["event"]> = Extract<Event, { readonly event: Name }>

/** A block for each failed node: its name, the file, what is wrong, what to do about it. */
export const failures = (failed: ReadonlyArray<Of<"failed">>, style: Style): ReadonlyArray<string> =>
  failed.flatMap(({ file, hint, message, node }) => [
    "",
    `${paint(style, "bad", "✗")} ${paint(style, "strong", node)}`,
    ...(file === undefined ? [] : [`  ${file}`]),
    ...message.split("\n").map((line) => `  ${line}`),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ])

/** The last line of a run. */
export const closing = (
  pipeline: string,
  summary: Of<"summary">,
  keepGoing: boolean,
  style: Style,
): ReadonlyArray<string> => {
  const { blocked, cached, device, executed, failed, nodes, seconds } = summary
  if (failed > 0) {
    const line = paint(style, "bad", `${count(failed)} failed, ${count(blocked)} blocked`)
    const rest = `${count(executed)} executed, ${count(cached)} cached`
    return [
      "",
      `${pipeline}: ${line} (${rest})`,
      ...(blocked > 0 && !keepGoing ? ["hint: --keep-going computes all that does not stand on what failed"] : []),
    ]
  }
  if (executed === 0 && cached === nodes) return [nothingToDo(pipeline, nodes)]
  const on = device === undefined ? "" : ` on ${device}`
  return [`${pipeline}: ${counted(executed, "node")} executed${on}, ${count(cached)} cached, in ${duration(seconds)}`]
}
