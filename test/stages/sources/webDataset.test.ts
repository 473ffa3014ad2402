import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { webDataset } from "../../../stages/sources/webDataset.ts"
import { carried, complaintOf, labelsIn } from "./carried.ts"
import { folderWith } from "./folderWith.ts"
import { member, tarOf } from "./tar.ts"

describe("webDataset", () => {
  it.effect("joins images with the classes beside them, over several tars", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "0.tar": tarOf(
          member("0001.jpg", "one"),
          member("0001.cls", "7"),
          member("0000.png", "z"),
          member("0000.cls", "3\n"),
        ),
        "1.tar": tarOf(member("0002.cls", "0"), member("0002.seg.jpg", "two")),
      })
      const set = webDataset({ file: [join(folder, "0.tar"), join(folder, "1.tar")], classes: 10 })
      assert.deepStrictEqual(yield* labelsIn(set.labels), [
        ["0000.png", 3],
        ["0001.jpg", 7],
        ["0002.seg.jpg", 0],
      ])
      const { bytes, id } = yield* carried(set.images)
      assert.deepStrictEqual(id, ["0000.png", "0001.jpg", "0002.seg.jpg"])
      assert.deepStrictEqual(
        bytes.map((one) => Buffer.from(one).toString()),
        ["z", "one", "two"],
      )
    }),
  )

  it.effect("reads a field of JSON: a number, a name or several", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "a.tar": tarOf(
          ...["cat", ["dog", "cat"], 1].flatMap((said, i) => [
            member(`${i}.jpg`, "x"),
            member(`${i}.json`, JSON.stringify({ animal: said, width: 5 })),
          ]),
        ),
      })
      const file = join(folder, "a.tar")
      const set = webDataset({ file, label: ".json", field: "animal", classes: ["cat", "dog"] })
      assert.deepStrictEqual(yield* labelsIn(set.labels), [
        ["0.jpg", 0],
        ["1.jpg", 1, 0],
        ["2.jpg", 1],
      ])
      const without = webDataset({ file, label: ".json" })
      assert.match(yield* complaintOf(without.labels), /"0.json": no field "label" or "cls"/u)
    }),
  )

  it.effect("an image without an annotation, a name given twice and a class out of range are errors", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "none.tar": tarOf(member("a.jpg", "1"), member("b.jpg", "2"), member("b.cls", "0")),
        "twice.tar": tarOf(member("a.jpg", "1"), member("a.png", "2"), member("a.cls", "0")),
        "range.tar": tarOf(member("a.jpg", "1"), member("a.cls", "12")),
        "json.tar": tarOf(member("a.jpg", "1"), member("a.json", "{")),
      })
      const labels = (name: string, label: ".cls" | ".json" = ".cls") =>
        complaintOf(webDataset({ file: join(folder, name), classes: 10, label }).labels)
      assert.match(yield* labels("none.tar"), /1 of 2 images have no annotation beside them: "a.jpg"/u)
      assert.match(yield* labels("twice.tar"), /two images are called "a"/u)
      assert.match(yield* labels("range.tar"), /"a.cls": class 12 is out of range \(0 to 9\)/u)
      assert.match(yield* labels("json.tar", ".json"), /"a.json": not well-formed JSON/u)
    }),
  )
})
