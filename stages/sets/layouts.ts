import { PipelineError } from "../../src/dsl/Pipeline.ts"
import { matchLabels } from "../matchLabels.ts"
import { classList } from "../sources/classList.ts"
import { folderClasses } from "../sources/folderClasses.ts"
import { folderLabels } from "../sources/folderLabels.ts"
import { imageCifar } from "../sources/imageCifar.ts"
import { labelsCsv } from "../sources/labelsCsv.ts"
import { labelsJson } from "../sources/labelsJson.ts"
import { listed } from "../sources/listed.ts"
import { cubLabels } from "./cubLabels.ts"
import { imagenetLabels } from "./imagenetLabels.ts"
import { inatTaxonomy } from "./inatTaxonomy.ts"
import { filesOf, join, labelled, type Layout } from "./layout.ts"
import { publishedSets, type SetName } from "./published.ts"
import { vocClasses } from "./vocClasses.ts"
import { vocLabels } from "./vocLabels.ts"

/** A class a folder, in order of name. */
const folders: Layout = (dir, about, options) => {
  const manifest = filesOf(dir, about, options)
  const classes = options.classes ?? folderClasses(manifest)
  return { ...labelled(manifest, folderLabels({ manifest, classes })), classes }
}

/** Folders of some of ImageNet's classes. */
const someClasses: Layout = (dir, about, options) => {
  if (options.classes === undefined) {
    throw new PipelineError({
      message: `${about.title} has folders of only ${about.classes} classes, and \`classes\` does not say which 1000 there are`,
      hint: 'give `classes: classList({ classes: "imagenet_synsets.txt" })`, or the `classes` of the training set',
    })
  }
  return folders(dir, about, options)
}

/** Folders that are called by their class's number. */
const numbers: Layout = (dir, about, options) => {
  const manifest = filesOf(dir, about, options)
  return labelled(manifest, folderLabels(manifest, { classes: about.classes }))
}

const validation: Layout = (dir, about, options) => {
  if (options.devkit === undefined) return folders(dir, about, options)
  const manifest = filesOf(dir, about, options)
  return labelled(manifest, imagenetLabels(manifest, { devkit: options.devkit }))
}

/** The validation images, as the set of that name has them, with the labels of `real.json`. */
const real: Layout = (dir, { classes, published }, { labels, partial }) => {
  if (labels === undefined) {
    throw new PipelineError({ message: "`labels` does not say where `real.json` lies", hint: published })
  }
  const manifest = filesOf(dir, publishedSets["imagenet-val"], partial === undefined ? {} : { partial })
  const read = labelsJson({ file: labels, ids: "ILSVRC2012_val_{i+1:08d}", classes })
  return labelled(manifest, matchLabels({ manifest, labels: read }))
}

/** Those images below a folder that a list of `path label` has. */
const list =
  (names: {
    readonly list: string
    readonly under: string
    readonly folder: string
    readonly classes?: string
  }): Layout =>
  (dir, about, options) => {
    const { under } = names
    const needs = [
      ...(options.labels === undefined ? [names.list] : []),
      ...(names.classes === undefined ? [] : [names.classes]),
    ]
    const all = filesOf(dir, about, options, { needs, under })
    const labels = labelsCsv({
      file: options.labels ?? join(dir, names.list),
      header: false,
      separator: " ",
      folder: names.folder,
      classes: about.classes,
    })
    const manifest = listed({ manifest: all, labels }, { missing: options.partial === true ? "skip" : "fail" })
    const set = labelled(manifest, labels)
    return names.classes === undefined
      ? set
      : { ...set, classes: classList({ classes: join(dir, names.classes), word: 0 }) }
  }

const domain = (name: string) => list({ list: `${name}_test.txt`, under: name, folder: name })

const inat: Layout = (dir, about, options) => {
  const set = folders(dir, about, options)
  return set.classes === undefined ? set : { ...set, taxonomy: inatTaxonomy(set.classes) }
}

const glc: Layout = (dir, about, options) => {
  const all = filesOf(dir, about, options, {
    needs: options.labels === undefined ? ["labels.csv"] : [],
    under: "images",
  })
  const labels = labelsCsv({
    file: options.labels ?? join(dir, "labels.csv"),
    folder: "",
    several: " ",
    classes: about.classes,
  })
  return labelled(listed({ manifest: all, labels }, { missing: options.partial === true ? "skip" : "fail" }), labels)
}

const cub =
  (split: "train" | "test"): Layout =>
  (dir, about, options) => {
    const needs = ["images.txt", "image_class_labels.txt", "train_test_split.txt", "classes.txt"]
    const all = filesOf(dir, about, options, { needs, under: "images" })
    const labels = cubLabels({ dir, split })
    const manifest = listed({ manifest: all, labels }, { missing: options.partial === true ? "skip" : "fail" })
    return { ...labelled(manifest, labels), classes: classList({ classes: join(dir, "classes.txt"), word: 1 }) }
  }

const voc =
  (split: "train" | "val"): Layout =>
  (dir, about, options) => {
    const needs = [`ImageSets/Segmentation/${split}.txt`, "SegmentationClass"]
    const all = filesOf(dir, about, options, { needs, under: "JPEGImages" })
    const labels = vocLabels({ dir, split })
    const manifest = listed({ manifest: all, labels }, { missing: options.partial === true ? "skip" : "fail" })
    return { ...labelled(manifest, labels), classes: classList({ classes: vocClasses }) }
  }

const cifar =
  (cifar: "10" | "100", names: readonly [string, ...ReadonlyArray<string>], classes: string): Layout =>
  (dir, { images, published }, { partial = false }) => {
    const [first, ...rest] = names
    const file = [join(dir, first), ...rest.map((name) => join(dir, name))] as const
    const whole = images === undefined || partial ? {} : { images }
    return { ...imageCifar({ file, cifar, published, ...whole }), classes: classList({ classes: join(dir, classes) }) }
  }

const batches = [
  "data_batch_1.bin",
  "data_batch_2.bin",
  "data_batch_3.bin",
  "data_batch_4.bin",
  "data_batch_5.bin",
] as const

const places = (train: boolean) =>
  train
    ? list({
        list: "places365_train_standard.txt",
        under: "data_256_standard",
        folder: "",
        classes: "categories_places365.txt",
      })
    : list({ list: "places365_val.txt", under: "val_256", folder: "", classes: "categories_places365.txt" })

/** How each set lies in its folder. */
export const layouts: Readonly<Record<SetName, Layout>> = {
  "imagenet-train": folders,
  "imagenet-val": validation,
  "imagenet-real": real,
  "imagenet-v2": numbers,
  "imagenet-r": someClasses,
  "imagenet-sketch": folders,
  "imagenet-a": someClasses,
  "imagenet-d-clipart": domain("clipart"),
  "imagenet-d-infograph": domain("infograph"),
  "imagenet-d-painting": domain("painting"),
  "imagenet-d-quickdraw": domain("quickdraw"),
  "imagenet-d-real": domain("real"),
  "imagenet-d-sketch": domain("sketch"),
  "inat21-train": inat,
  "inat21-mini": inat,
  "inat21-val": inat,
  "places365-train": places(true),
  "places365-val": places(false),
  glc20: glc,
  "cub200-train": cub("train"),
  "cub200-test": cub("test"),
  "voc2012-train": voc("train"),
  "voc2012-val": voc("val"),
  caltech256: folders,
  "cifar10-train": cifar("10", batches, "batches.meta.txt"),
  "cifar10-test": cifar("10", ["test_batch.bin"], "batches.meta.txt"),
  "cifar100-train": cifar("100", ["train.bin"], "fine_label_names.txt"),
  "cifar100-test": cifar("100", ["test.bin"], "fine_label_names.txt"),
}
