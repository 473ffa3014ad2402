/** What is known of a set of images that is published under a name. */
export interface PublishedSet {
  readonly title: string
  /** Where it comes from, as a user is told who lacks a part of it. */
  readonly published: string
  /** How many images lie in its folder, where that is known. */
  readonly images?: number
  readonly classes: number
  /** What it is scored by, the usual one first. */
  readonly metrics: readonly [string, ...ReadonlyArray<string>]
  /** How its images are usually brought to one size: params of `preprocess`. */
  readonly preprocess: {
    readonly pad?: "square"
    readonly cropFirst?: number
    readonly resize: number
    readonly crop: number
  }
}

const usual = { resize: 256, crop: 224 } as const

/** As `get_transform(pad=True)` of Marks et al. 2025 has it (manuelknott/ssl_eval_protocols, datasets/cub.py). */
const padded = { pad: "square", ...usual } as const

const imagenet = {
  published: "register at https://image-net.org/download-images",
  classes: 1000,
  metrics: ["top1", "top5"],
  preprocess: usual,
} as const

const rendition = { classes: 200, metrics: ["top1", "top1-masked"], preprocess: usual } as const

// The lists are DomainNet's, with its 345 classes, as in manuelknott/ssl_eval_protocols, datasets/imagenet_d.py.
const imagenetD = (domain: string): PublishedSet => ({
  title: `ImageNet-D (${domain})`,
  published: `images (${domain}.zip) and lists (${domain}_train.txt, ${domain}_test.txt) are DomainNet's, at https://ai.bu.edu/M3SDA`,
  classes: 345,
  metrics: ["top1"],
  preprocess: usual,
})

const inat21 = {
  published: "see https://github.com/visipedia/inat_comp/tree/master/2021",
  classes: 10_000,
  metrics: ["top1", "top5"],
  preprocess: usual,
} as const

const places365 = {
  published: "the small images (256 x 256) and the lists are at http://places2.csail.mit.edu/download.html",
  classes: 365,
  metrics: ["top1", "top5"],
  preprocess: usual,
} as const

const cub200 = {
  published: "CUB_200_2011.tgz is at https://www.vision.caltech.edu/datasets/cub_200_2011",
  images: 11_788,
  classes: 200,
  metrics: ["top1"],
  preprocess: padded,
} as const

const voc2012 = {
  published: "VOCtrainval_11-May-2012.tar is at http://host.robots.ox.ac.uk/pascal/VOC/voc2012",
  images: 17_125,
  classes: 21,
  metrics: ["top1"],
  preprocess: { cropFirst: 1, ...usual },
} as const

const cifar = {
  published: "the binary version is at https://www.cs.toronto.edu/~kriz/cifar.html",
  metrics: ["top1"],
  preprocess: usual,
} as const

/** The sets that have a name. Counts are those of their publications. */
export const publishedSets = {
  "imagenet-train": { title: "ImageNet (train)", images: 1_281_167, ...imagenet },
  "imagenet-val": { title: "ImageNet (validation)", images: 50_000, ...imagenet },
  "imagenet-real": {
    ...imagenet,
    title: "ImageNet (validation)",
    images: 50_000,
    published: `${imagenet.published}; real.json is at https://github.com/google-research/reassessed-imagenet`,
    metrics: ["top1"],
  },
  "imagenet-v2": {
    ...imagenet,
    title: "ImageNet-v2",
    images: 10_000,
    published: "see https://github.com/modestyachts/ImageNetV2; matched-frequency is the usual one",
  },
  "imagenet-r": {
    title: "ImageNet-R",
    images: 30_000,
    published: "imagenet-r.tar is linked at https://github.com/hendrycks/imagenet-r",
    ...rendition,
  },
  "imagenet-sketch": {
    ...imagenet,
    title: "ImageNet-Sketch",
    images: 50_889,
    published: "see https://github.com/HaohanWang/ImageNet-Sketch",
  },
  "imagenet-a": {
    title: "ImageNet-A",
    images: 7_500,
    published: "imagenet-a.tar is linked at https://github.com/hendrycks/natural-adv-examples",
    ...rendition,
  },
  "imagenet-d-clipart": imagenetD("clipart"),
  "imagenet-d-infograph": imagenetD("infograph"),
  "imagenet-d-painting": imagenetD("painting"),
  "imagenet-d-quickdraw": imagenetD("quickdraw"),
  "imagenet-d-real": imagenetD("real"),
  "imagenet-d-sketch": imagenetD("sketch"),
  "inat21-train": { title: "iNat21 (train)", images: 2_686_843, ...inat21 },
  "inat21-mini": { title: "iNat21 (mini)", images: 500_000, ...inat21 },
  "inat21-val": { title: "iNat21 (validation)", images: 100_000, ...inat21 },
  "places365-train": { title: "Places365 (train)", images: 1_803_460, ...places365 },
  "places365-val": { title: "Places365 (validation)", images: 36_500, ...places365 },
  glc20: {
    title: "GLC20",
    published:
      "see https://github.com/maximiliense/GLC; patches are published as .npy, and have to be written as RGB images first",
    classes: 16,
    metrics: ["mAP"],
    preprocess: usual,
  },
  "cub200-train": { title: "CUB-200-2011", ...cub200 },
  "cub200-test": { title: "CUB-200-2011", ...cub200 },
  "voc2012-train": { title: "Pascal VOC 2012", ...voc2012 },
  "voc2012-val": { title: "Pascal VOC 2012", ...voc2012 },
  caltech256: {
    title: "Caltech-256",
    images: 30_607,
    published: "256_ObjectCategories.tar is at https://data.caltech.edu/records/nyy15-4j048",
    classes: 257,
    metrics: ["top1"],
    preprocess: padded,
  },
  "cifar10-train": { title: "CIFAR-10 (train)", images: 50_000, classes: 10, ...cifar },
  "cifar10-test": { title: "CIFAR-10 (test)", images: 10_000, classes: 10, ...cifar },
  "cifar100-train": { title: "CIFAR-100 (train)", images: 50_000, classes: 100, ...cifar, preprocess: padded },
  "cifar100-test": { title: "CIFAR-100 (test)", images: 10_000, classes: 100, ...cifar, preprocess: padded },
} as const satisfies Readonly<Record<string, PublishedSet>>

/** The name of a published set. */
export type SetName = keyof typeof publishedSets
