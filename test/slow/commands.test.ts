// The command line as a user meets it: one project that has run once, one process a step, in this order.
import { tableFromIPC } from "apache-arrow"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { column, finished, makeUser, names, predictions, scores, type User } from "./user.ts"
import { encoder } from "./world.ts"

let user: User
beforeAll(async () => {
  user = await makeUser()
  await user.run()
}, 120_000)
afterAll(() => user?.project.remove())

describe("the commands", () => {
  it("graph draws the pipeline as a tree, as DOT, as Mermaid and as JSON", async () => {
    const tree = await user.text(["graph"])
    expect(tree).toMatch(/^✓ table = aggregate {2}fresh\n├─ ✓ score\(tinyImage, validation\) {2}fresh\n/)
    expect(tree).toContain("~ decode(train)  streamed")
    const dot = await user.text(["graph", "--format", "dot"])
    expect(dot).toMatch(/^digraph "small-world" \{\n[^]*\n\}\n$/)
    expect(dot).toContain("extract(hog, folder)")
    const mermaid = await user.text(["graph", "--format", "mermaid"])
    expect(mermaid).toMatch(/^flowchart LR\n[^]*misclassified\(adversarial\)/)
    const { nodes, pipeline } = await user.graph()
    expect([pipeline, nodes.length]).toEqual(["small-world", 80])
    expect(nodes.find(({ node }) => node === "extract(hog, folder)")?.inputs).toEqual(["hog", "preprocess(folder)"])
  })

  it("status says for each stage what is fresh, and why the rest is not", async () => {
    expect(await user.text(["status"])).toMatch(/^extract +✓ 18 fresh$/m)
    await user.during("pipeline.ts", `"standardise"`, `"l2"`, async () => {
      const edited = await user.text(["status"])
      expect(edited).toMatch(/^fitProbe .*5 stale .*param normalise "standardise" -> "l2"/m)
      expect(edited).toMatch(/^score .*16 waiting .*waiting for predict/m)
      expect(edited).toMatch(/^extract .*14 fresh .*4 waiting/m)
    })
  })

  it("explain names the param that changed with its former and its new value", async () => {
    expect(await user.text(["explain", "preprocess(validation)"])).toContain("fresh")
    await user.during("pipeline.ts", "resize: 64", "resize: 60", async () => {
      expect(await user.text(["explain", "preprocess(validation)"])).toMatch(/changed\n {2}param +resize +64 +-> +60\n/)
    })
  })

  it("explain names the input that changed after an encoder's file has", async () => {
    user.project.write("encoder.onnx", await encoder(2))
    expect(await user.text(["explain", "onnxFile(encoder)"])).toMatch(/changed\n {2}outside +files /)
    expect(await user.text(["explain", "extract(encoder, train)"])).toContain("waiting for onnxFile(encoder)")
    expect((await user.run(["onnxFile*"])).executed).toEqual(["onnxFile(encoder)"])
    expect(await user.text(["explain", "extract(encoder, train)"])).toMatch(
      /changed\n {2}input +encoder +x1\w+ +-> +x1\w+\n/,
    )
    user.project.write("encoder.onnx", await encoder(0))
    expect((await user.run()).executed).toEqual([])
  })

  it("show gives a node's table to the eye and to other programs", async () => {
    const node = "score(hog, validation)"
    expect(await user.text(["show", node])).toMatch(/^model +set +metric .*\nhog +validation +top1 /)
    const rows: unknown = JSON.parse(await user.text(["show", node, "--format", "json"]))
    expect(rows).toEqual([
      expect.objectContaining({ model: "hog", set: "validation", metric: "top1", class: -1, images: 160 }),
      expect.objectContaining({ metric: "top5" }),
    ])
    const csv = await user.text(["show", node, "--format", "csv"])
    expect(csv).toMatch(/^model,set,metric,class,value,images,skipped,unlabelled\r\nhog,validation,top1,-1,0\.\d+,160,/)
    const { code, out } = await user.project.command(["show", "extract(hog, folder)", "--format", "arrow"])
    expect(code).toBe(0)
    const table = tableFromIPC(out)
    expect([table.numRows, table.schema.names]).toEqual([1060, ["id", "features"]])
    expect(table.getChild("id")?.get(1)).toBe("00/0001.jpg")
    expect(await user.text(["show", "table"])).toContain("Ranks, and changes against validation")
  })

  it("log says what a node was made from, where and when", async () => {
    const log = await user.text(["log", "extract(hog, folder)"])
    expect(log).toMatch(/^extract\(hog, folder\) {2}2 artifacts, 1,060 rows, /)
    expect(log).toMatch(/package +onnxruntime-node +\d/)
    expect(log).toMatch(/made on\n {2}host /)
  })

  it("run takes patterns of targets and nodes to compute again", async () => {
    const some = await user.run(["extract(hog, *)"])
    expect(some.executed).toEqual([])
    expect(user.project.lastRecord().nodes).not.toHaveProperty("aggregate")
    const forced = await user.run(["--force", "predict(hog, *)"])
    expect(forced.executed).toEqual(names(predictions("hog")))
    for (const node of predictions("hog")) expect(finished(forced, node)).toMatchObject({ changed: false })
    const dry = await user.text(["run", "--dry-run", "--force", "score(hog, folder)"])
    expect(dry).toMatch(/score\(hog, folder\) +stale +forced/)
  })

  it("--trace writes a trace that is valid JSON", async () => {
    const file = join(user.project.folder, "trace.json")
    await user.run(["--force", "score(hog, *)", "--trace", file])
    const entries: unknown = JSON.parse(readFileSync(file, "utf8"))
    expect(entries).toEqual(
      expect.arrayContaining(
        scores("hog").map((name) => expect.objectContaining({ ph: "X", name, dur: expect.any(Number) })),
      ),
    )
  })
})

describe("what goes wrong", () => {
  it("with --keep-going a broken encoder file fails its column and nothing else", async () => {
    const whole = await encoder(0)
    user.project.write("encoder.onnx", whole.subarray(0, 1000))
    user.project.edit("pipeline.ts", "tinyImage: miniature.tinyImage()", "gabor: miniature.gabor()")
    const { code, err, out } = await user.project.command(["run", "--keep-going"])
    expect(code).toBe(1)
    expect(err).toContain("✗ onnxFile(encoder)")
    expect(err).toContain(join(user.project.folder, "encoder.onnx"))
    expect(err).toMatch(/hint: .*exported to ONNX/)
    expect(err).toMatch(/small-world: 1 failed, 13 blocked/)
    expect(out.toString()).toBe("")
    const { nodes } = user.project.lastRecord()
    for (const node of [...column("own"), "aggregate"]) expect([node, nodes[node]?.state]).toEqual([node, "blocked"])
    for (const node of scores("gabor")) expect(nodes[node]?.state).toBe("executed")
    expect(await user.text(["graph"])).toMatch(/✗ onnxFile\(encoder\) {2}failed: /)
    const json = await user.project.run(["--keep-going"])
    expect(json.code).toBe(1)
    expect(json.events).toContainEqual(
      expect.objectContaining({ event: "failed", node: "onnxFile(encoder)", hint: expect.any(String) }),
    )
    user.project.write("encoder.onnx", whole)
    user.project.edit("pipeline.ts", "gabor: miniature.gabor()", "tinyImage: miniature.tinyImage()")
    expect((await user.run()).executed).toEqual([])
  })

  it("wrong usage exits with 2 and says what is wrong", async () => {
    const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
      [["run", "--jbs", "3"], /--jbs[^]*--jobs/],
      [["run", "--jobs", "0"], /--jobs/],
      [["run", "extract(hgo, train)"], /extract\(hgo, train\)[^]*extract\(hog, train\)/],
      [["explain", "nothing-like-it"], /no node matches nothing-like-it/],
      [["graph", "--format", "gif"], /gif[^]*mermaid/],
      [["show"], /NODE/],
      [["show", "decode(train)"], /decode\(train\) is streamed/],
      [["run", "--trace", join("nowhere", "trace.json")], /trace\.json/],
    ]
    const ended = await Promise.all(wrong.map(([args]) => user.project.command(args)))
    for (const [at, { code, err, out }] of ended.entries()) {
      expect([wrong[at]?.[0], code, out.toString().slice(0, 200)]).toEqual([wrong[at]?.[0], 2, ""])
      expect(err).toMatch(wrong[at]?.[1] ?? / /)
    }
  })

  it("a bad param exits with 2 and names the node and the field", async () => {
    await user.during("pipeline.ts", "resize: 64", `resize: "large"`, async () => {
      const { code, err, out } = await user.project.command(["run"])
      expect([code, out.toString()]).toEqual([2, ""])
      expect(err).toMatch(/preprocess\(train\)[^]*resize/)
    })
    await user.during("pipeline.ts", "seed: 1", "seed: 1, sede: 2", async () => {
      const { code, err } = await user.project.command(["status"])
      expect(code).toBe(2)
      expect(err).toMatch(/randomConv[^]*sede/)
    })
  })
})

it("two runs at once on one store both succeed, with the same table", async () => {
  const both = await Promise.all([1, 2].map(() => user.project.run([], { file: "pair.ts", cache: "shared" })))
  for (const { code, err, events } of both) {
    expect([code, err]).toEqual([0, ""])
    expect(events.at(-1)).toMatchObject({ event: "summary", failed: 0 })
  }
  const show = () => user.project.command(["show", "table", "--format", "csv"], { file: "pair.ts", cache: "shared" })
  const alone = await user.project.run([], { file: "pair.ts", cache: "alone" })
  expect(alone.code).toBe(0)
  const { out } = await user.project.command(["show", "table", "--format", "csv"], { file: "pair.ts", cache: "alone" })
  expect((await show()).out.toString()).toBe(out.toString())
  const again = await user.project.run([], { file: "pair.ts", cache: "shared" })
  expect([again.code, again.executed]).toEqual([0, []])
})
