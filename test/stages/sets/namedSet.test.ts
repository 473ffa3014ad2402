import { rmSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import sharp from "sharp"
import { namedSet, type NamedSet, type SetName, type SetOptions } from "../../../stages/sets/namedSet.ts"
import { publishedSets } from "../../../stages/sets/published.ts"
import { classList } from "../../../stages/sources/classList.ts"
import { carried, complaintOf, labelsIn } from "../sources/carried.ts"
import { folderWith } from "../sources/folderWith.ts"
import { metaMat } from "./mat.ts"

const image = (name: string) => ({ [name]: `the image ${name}` })
const files = (...names: ReadonlyArray<string>) => Object.assign({}, ...names.map(image)) as Record<string, string>

const wnids = Array.from({ length: 1000 }, (_, i) => `n${String(i * 7 + 1).padStart(8, "0")}`)
const wnid = (index: number) => wnids[index] ?? ""
const imagenet = classList({ classes: [wnid(0), ...wnids.slice(1)] })

/** That a miniature of a set gives these labels, and just the images that have them. */
const gives = (set: NamedSet, expected: Readonly<Record<string, ReadonlyArray<number>>>) =>
  Effect.gen(function* () {
    const labels = yield* labelsIn(set.labels)
    assert.deepStrictEqual(Object.fromEntries(labels.map(([id, ...classes]) => [id, classes])), expected)
    const { bytes, id } = yield* carried(set.images)
    assert.deepStrictEqual(new Set(id), new Set(Object.keys(expected)))
    assert.isTrue(bytes.every((one) => one.length > 0))
  })

const partial = true

describe("namedSet", () => {
  for (const name of ["imagenet-train", "imagenet-val", "imagenet-sketch"] as const)
    it.effect(`${name}: folders of wnids, in alphabetical order`, () =>
      Effect.gen(function* () {
        const dir = yield* folderWith(files("n02/b.JPEG", "n01/a.JPEG", "n03/c.JPEG"))
        const set = namedSet(name, dir, { partial })
        yield* gives(set, { "n01/a.JPEG": [0], "n02/b.JPEG": [1], "n03/c.JPEG": [2] })
        assert.deepStrictEqual(set.classes && (yield* carried(set.classes)).name, ["n01", "n02", "n03"])
      }),
    )

  for (const compressed of [false, true])
    it.effect(`imagenet-val: one folder, with the devkit's ground truth (compressed: ${compressed})`, () =>
      Effect.gen(function* () {
        // The devkit's numbers are in another order than the wnids, and there are synsets above the thousand.
        const synsets = wnids.toReversed().map((one, i) => [i + 1, one] as const)
        const dir = yield* folderWith({
          ...files("val/ILSVRC2012_val_00000001.JPEG", "val/ILSVRC2012_val_00000003.JPEG"),
          "devkit/data/ILSVRC2012_validation_ground_truth.txt": "1\n5\n1000\n",
          "devkit/data/meta.mat": metaMat([...synsets, [1001, "n00000002"]], { compressed }),
        })
        const devkit = join(dir, "devkit")
        yield* gives(namedSet("imagenet-val", join(dir, "val"), { devkit, partial }), {
          "ILSVRC2012_val_00000001.JPEG": [999],
          "ILSVRC2012_val_00000003.JPEG": [0],
        })
      }),
    )

  it.effect("imagenet-val: an image beyond the ground truth and a devkit without classes are errors", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({
        ...files("val/ILSVRC2012_val_00000002.JPEG"),
        "devkit/data/ILSVRC2012_validation_ground_truth.txt": "1\n",
        "devkit/data/meta.mat": metaMat(
          wnids.map((one, i) => [i + 1, one]),
          { compressed: true },
        ),
        "empty/data/ILSVRC2012_validation_ground_truth.txt": "1\n",
        "empty/data/meta.mat": metaMat([], { compressed: true }),
      })
      const labels = (devkit: string) =>
        complaintOf(namedSet("imagenet-val", join(dir, "val"), { devkit: join(dir, devkit), partial }).labels)
      assert.match(yield* labels("devkit"), /"ILSVRC2012_val_00000002.JPEG" has no line in the ground truth of 1/u)
      assert.match(yield* labels("empty"), /it has 0 classes, not 1000.*meta\.mat$/u)
    }),
  )

  it.effect("imagenet-real: the images of imagenet-val, as the same node, with real.json's labels", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({
        ...files("val/n01/ILSVRC2012_val_00000001.JPEG", "val/n02/ILSVRC2012_val_00000002.JPEG"),
        "real.json": "[[3, 5], [], [7]]",
      })
      const set = namedSet("imagenet-real", join(dir, "val"), { labels: join(dir, "real.json"), partial })
      yield* gives(set, { "n01/ILSVRC2012_val_00000001.JPEG": [3, 5], "n02/ILSVRC2012_val_00000002.JPEG": [] })
      const { images } = namedSet("imagenet-val", join(dir, "val"), { partial })
      assert.deepStrictEqual(set.images.inputs, images.inputs)
      assert.throws(() => namedSet("imagenet-real", dir), /where `real.json` lies/u)
    }),
  )

  it.effect("imagenet-v2: folders are numbers, and stay so where some are missing", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith(files("0/a.jpeg", "10/b.jpeg", "9/c.jpeg", "999/d.jpeg"))
      const expected = { "0/a.jpeg": [0], "10/b.jpeg": [10], "9/c.jpeg": [9], "999/d.jpeg": [999] }
      yield* gives(namedSet("imagenet-v2", dir, { partial }), expected)
      const more = yield* folderWith(files("0/a.jpeg", "1000/b.jpeg", "x/c.jpeg"))
      const wrong = yield* complaintOf(namedSet("imagenet-v2", more, { partial }).labels)
      assert.match(wrong, /none of the 1000 classes: "1000", "x"/u)
    }),
  )

  for (const name of ["imagenet-r", "imagenet-a"] as const)
    it.effect(`${name}: some of ImageNet's classes keep their indices`, () =>
      Effect.gen(function* () {
        const dir = yield* folderWith({ ...files(`${wnid(700)}/a.jpg`, `${wnid(3)}/b.jpg`), "README.txt": "" })
        const set = namedSet(name, dir, { classes: imagenet, partial })
        yield* gives(set, { [`${wnid(700)}/a.jpg`]: [700], [`${wnid(3)}/b.jpg`]: [3] })
        assert.throws(() => namedSet(name, dir), /`classes` does not say which 1000/u)
        const strange = yield* folderWith(files("n99/a.jpg"))
        const wrong = yield* complaintOf(namedSet(name, strange, { classes: imagenet, partial }).labels)
        assert.match(wrong, /none of the 1000 classes: "n99"/u)
      }),
    )

  for (const domain of ["clipart", "infograph", "painting", "quickdraw", "real", "sketch"] as const)
    it.effect(`imagenet-d-${domain}: a list of paths and classes`, () =>
      Effect.gen(function* () {
        const dir = yield* folderWith({
          ...files(`${domain}/axe/1.jpg`, `${domain}/axe/2.jpg`, `${domain}/zigzag/3.jpg`, "other/1.jpg"),
          [`${domain}_test.txt`]: `${domain}/axe/2.jpg 10\n${domain}/zigzag/3.jpg 344\n`,
          "longer.txt": `${domain}/axe/2.jpg 345\n`,
        })
        yield* gives(namedSet(`imagenet-d-${domain}`, dir), { "axe/2.jpg": [10], "zigzag/3.jpg": [344] })
        // DomainNet's classes, not ImageNet's.
        const wrong = yield* complaintOf(
          namedSet(`imagenet-d-${domain}`, dir, { labels: join(dir, "longer.txt") }).labels,
        )
        assert.match(wrong, /345/u)
      }),
    )

  for (const name of ["inat21-train", "inat21-mini", "inat21-val"] as const)
    it.effect(`${name}: folders carry a taxonomy`, () =>
      Effect.gen(function* () {
        const one = "00000_Animalia_Annelida_Clitellata_Haplotaxida_Lumbricidae_Lumbricus_terrestris"
        const two = "00001_Animalia_Annelida_Polychaeta_Sabellida_Sabellidae_Sabella_pavonina"
        const dir = yield* folderWith(files(`${two}/b.jpg`, `${one}/a.jpg`))
        const set = namedSet(name, dir, { partial })
        yield* gives(set, { [`${one}/a.jpg`]: [0], [`${two}/b.jpg`]: [1] })
        if (set.taxonomy === undefined) return assert.fail("no taxonomy")
        const { name: names, parent } = yield* carried(set.taxonomy)
        const above = (of: string): ReadonlyArray<string> =>
          of === "" ? [] : [of, ...above(parent[names.indexOf(of)] ?? "")]
        assert.strictEqual(above(one).length, 7)
        assert.strictEqual(above(two).at(-3), "Animalia_Annelida_Polychaeta")
        assert.deepStrictEqual(above(one).slice(-2), above(two).slice(-2))
      }),
    )

  it.effect("places365: lists of both parts, paths with a slash in front", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({
        ...files(
          "data_256_standard/a/airfield/00000001.jpg",
          "data_256_standard/b/bar/00000001.jpg",
          "val_256/Places365_val_00000001.jpg",
        ),
        "categories_places365.txt": "/a/airfield 0\n/b/bar 1\n",
        "places365_train_standard.txt": "/b/bar/00000001.jpg 1\n/a/airfield/00000001.jpg 0\n",
        "places365_val.txt": "Places365_val_00000001.jpg 164\n",
      })
      const train = namedSet("places365-train", dir, { partial })
      yield* gives(train, { "a/airfield/00000001.jpg": [0], "b/bar/00000001.jpg": [1] })
      assert.deepStrictEqual(train.classes && (yield* carried(train.classes)).name, ["/a/airfield", "/b/bar"])
      yield* gives(namedSet("places365-val", dir, { partial }), { "Places365_val_00000001.jpg": [164] })
    }),
  )

  it.effect("glc20: several classes an image", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({
        ...files("images/1.png", "images/2.png"),
        "labels.csv": "id,label\n1.png,3 15\n2.png,0\n",
      })
      yield* gives(namedSet("glc20", dir), { "1.png": [3, 15], "2.png": [0] })
    }),
  )

  it.effect("cub200: its own lists part the images", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({
        ...files("images/001.Auk/a.jpg", "images/001.Auk/b.jpg", "images/200.Wren/c.jpg"),
        "classes.txt": "1 001.Auk\n200 200.Wren\n",
        "images.txt": "1 001.Auk/a.jpg\n2 001.Auk/b.jpg\n3 200.Wren/c.jpg\n",
        "image_class_labels.txt": "1 1\n2 1\n3 200\n",
        "train_test_split.txt": "1 1\n2 0\n3 1\n",
      })
      const train = namedSet("cub200-train", dir, { partial })
      yield* gives(train, { "001.Auk/a.jpg": [0], "200.Wren/c.jpg": [199] })
      assert.deepStrictEqual(train.classes && (yield* carried(train.classes)).name, ["001.Auk", "200.Wren"])
      yield* gives(namedSet("cub200-test", dir, { partial }), { "001.Auk/b.jpg": [0] })
    }),
  )

  it.effect("voc2012: the most frequent class of the mask, background and border left out", () =>
    Effect.gen(function* () {
      // VOC's palette: aeroplane #800000, cat #400000, tvmonitor #004080, border #e0e0c0.
      const mask = (colours: ReadonlyArray<number>) =>
        Effect.promise(() =>
          sharp(Buffer.from(colours.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255])), {
            raw: { width: colours.length, height: 1, channels: 3 },
          })
            .png({ palette: true })
            .toBuffer(),
        )
      const many = (colour: number, count: number) => Array.from({ length: count }, () => colour)
      const dir = yield* folderWith({
        ...files("JPEGImages/a.jpg", "JPEGImages/b.jpg", "JPEGImages/c.jpg", "JPEGImages/d.jpg"),
        "ImageSets/Segmentation/train.txt": "a\nb\n",
        "ImageSets/Segmentation/val.txt": "c\n",
        "SegmentationClass/a.png": yield* mask([
          ...many(0, 9),
          ...many(0xe0e0c0, 8),
          ...many(0x400000, 3),
          ...many(0x800000, 2),
        ]),
        "SegmentationClass/b.png": yield* mask([...many(0x004080, 2), ...many(0x800000, 2), 0]),
        "SegmentationClass/c.png": yield* mask([0, 0xe0e0c0, 0x004080]),
      })
      const train = namedSet("voc2012-train", dir, { partial })
      yield* gives(train, { "a.jpg": [8], "b.jpg": [1] })
      yield* gives(namedSet("voc2012-val", dir, { partial }), { "c.jpg": [20] })
      assert.strictEqual(train.classes && (yield* carried(train.classes)).name[8], "cat")
      const empty = yield* folderWith({
        ...files("JPEGImages/a.jpg", "JPEGImages/b.jpg"),
        "ImageSets/Segmentation/train.txt": "a",
        "ImageSets/Segmentation/val.txt": "b",
        "SegmentationClass/a.png": yield* mask([0, 0xe0e0c0]),
        "SegmentationClass/b.png": yield* mask([0x123456]),
      })
      assert.match(yield* complaintOf(namedSet("voc2012-train", empty, { partial }).labels), /shows no class.*a\.png$/u)
      assert.match(yield* complaintOf(namedSet("voc2012-val", empty, { partial }).labels), /colour #123456.*b\.png$/u)
    }),
  )

  it.effect("caltech256: folders in order of their numbers", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({
        ...files("002.flag/002_0001.jpg", "001.ak47/001_0001.jpg"),
        "002.flag/RENAME2": "",
      })
      yield* gives(namedSet("caltech256", dir, { partial }), {
        "001.ak47/001_0001.jpg": [0],
        "002.flag/002_0001.jpg": [1],
      })
    }),
  )

  it.effect("cifar10 and cifar100: binary files and the names of their classes", () =>
    Effect.gen(function* () {
      const record = (...labels: ReadonlyArray<number>) => Buffer.concat([Buffer.from(labels), Buffer.alloc(3072, 9)])
      const ten = yield* folderWith({
        ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, record(i)])),
        "test_batch.bin": Buffer.concat([record(3), record(9)]),
        "batches.meta.txt": "airplane\nautomobile\n\n",
      })
      const train = namedSet("cifar10-train", ten, { partial })
      yield* gives(train, Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}/00000`, [i]])))
      assert.deepStrictEqual(train.classes && (yield* carried(train.classes)).name, ["airplane", "automobile"])
      yield* gives(namedSet("cifar10-test", ten, { partial }), { "test_batch/00000": [3], "test_batch/00001": [9] })
      const hundred = yield* folderWith({
        "train.bin": record(4, 51),
        "test.bin": record(10, 49),
        "fine_label_names.txt": "apple\naquarium_fish\n",
      })
      yield* gives(namedSet("cifar100-train", hundred, { partial }), { "train/00000": [51] })
      yield* gives(namedSet("cifar100-test", hundred, { partial }), { "test/00000": [49] })
    }),
  )

  const options: SetOptions = { classes: imagenet, labels: "real.json" }
  for (const name of Object.keys(publishedSets) as ReadonlyArray<SetName>)
    it.effect(`${name}: a folder that is missing or empty says where the set is published`, () =>
      Effect.gen(function* () {
        const { published } = publishedSets[name]
        const where = published.split(";")[0] ?? ""
        const empty = yield* folderWith({})
        const given = name === "imagenet-real" || name === "imagenet-r" || name === "imagenet-a" ? options : {}
        const manifestOf = (dir: string) => {
          const { manifest } = namedSet(name, dir, given)
          const all = manifest.inputs["manifest"]
          return all === undefined || Array.isArray(all) ? manifest : (all as typeof manifest)
        }
        for (const dir of [empty, join(empty, "gone")]) {
          const said = yield* complaintOf(manifestOf(dir))
          assert.include(said, where)
          assert.include(said, dir)
        }
      }),
    )

  it.effect("says what is missing of a folder, all at once", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({
        ...files("images/001.Auk/a.jpg"),
        "images.txt": "1 001.Auk/a.jpg\n",
        "classes.txt": "1 001.Auk",
      })
      const all = namedSet("cub200-train", dir).manifest.inputs["manifest"]
      assert.match(
        yield* complaintOf(all as NamedSet["manifest"]),
        /not the folder of CUB-200-2011: "image_class_labels.txt", "train_test_split.txt" are missing.*vision\.caltech\.edu/u,
      )
    }),
  )

  it.effect("another number of images than published is an error, unless a part is meant", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith(files("0/a.jpeg", "1/b.jpeg"))
      assert.match(
        yield* complaintOf(namedSet("imagenet-v2", dir).manifest),
        /there are 2 images here, and ImageNet-v2 has 10000 .*ImageNetV2.*`partial: true`/u,
      )
      const ten = yield* folderWith({ "test_batch.bin": Buffer.alloc(3073) })
      const wrong = yield* complaintOf(namedSet("cifar10-test", ten).manifest)
      assert.match(wrong, /there are 1 images here, and the set has 10000 .*cs\.toronto\.edu.*`partial: true`/u)
    }),
  )

  it.effect("an image that a list has and the folder has not is an error, or skipped where a part is meant", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({
        ...files("images/1.png", "images/2.png"),
        "labels.csv": "id,label\n1.png,3\n2.png,0\n3.png,4\n",
      })
      assert.match(
        yield* complaintOf(namedSet("glc20", dir).manifest),
        /1 of the 3 images that the labels list are missing: "3.png"/u,
      )
      const { manifest } = namedSet("glc20", dir, { partial })
      assert.deepStrictEqual((yield* carried(manifest)).id, ["1.png", "2.png"])
      rmSync(join(dir, "images/1.png"))
      rmSync(join(dir, "images/2.png"))
    }),
  )

  it.effect("a path that leaves the folder and a class out of range are errors that name the line", () =>
    Effect.gen(function* () {
      const labels = (list: string) =>
        Effect.gen(function* () {
          const dir = yield* folderWith({ ...files("clipart/a.jpg"), "clipart_test.txt": list })
          return yield* complaintOf(namedSet("imagenet-d-clipart", dir).labels)
        })
      assert.match(yield* labels("clipart/../a.jpg 1\n"), /line 1: the path "clipart\/..\/a.jpg" leaves the folder/u)
      assert.match(
        yield* labels("clipart/a.jpg 0\nsketch/a.jpg 1\n"),
        /line 2: the path "sketch\/a.jpg" does not lie in "clipart"/u,
      )
      assert.match(yield* labels("clipart/a.jpg 345\n"), /line 1: class 345 is out of range \(0 to 344\)/u)
      assert.match(yield* labels("clipart/a.jpg 1\nclipart/./a.jpg 1\n"), /line 2: a second row for the id "a.jpg"/u)
    }),
  )

  it("sets of Marks et al. are padded or cropped to squares as their code does", () => {
    const of = (name: SetName) => publishedSets[name].preprocess
    const padded = { pad: "square", resize: 256, crop: 224 }
    for (const name of ["cub200-train", "cub200-test", "caltech256", "cifar100-train", "cifar100-test"] as const) {
      assert.deepStrictEqual<object>(of(name), padded, name)
    }
    for (const name of ["voc2012-train", "voc2012-val"] as const) {
      assert.deepStrictEqual<object>(of(name), { cropFirst: 1, resize: 256, crop: 224 }, name)
    }
    assert.deepStrictEqual<object>(of("imagenet-d-real"), { resize: 256, crop: 224 })
  })

  it("an unknown name lists those that there are", () => {
    assert.throws(() => namedSet("imagenet-z" as SetName, "data"), /no set called "imagenet-z"/u)
  })
})
