import { StageError } from "../../src/dsl/StageError.ts"

/** Bytes of an image: 32 x 32, channel by channel. */
export const imageBytes = 3072

/** How many labels stand before an image: CIFAR-10 has the class, CIFAR-100 superclass and class. */
export const labelBytes = { "10": 1, "100": 2 } as const

/** Which of the two: how many classes it has. */
export type Cifar = keyof typeof labelBytes

const name = (file: string) => file.replace(/^.*[/\\]/u, "").replace(/\.bin$/u, "")

/** The id of an image: its file and its place there, `data_batch_1/00042`. */
export const cifarId = (file: string, row: number): string => `${name(file)}/${String(row).padStart(5, "0")}`

/** How many images a file of this size has, or what is wrong with it. */
export const cifarRows = (file: string, bytes: number, cifar: Cifar): number | StageError => {
  const record = imageBytes + labelBytes[cifar]
  return bytes > 0 && bytes % record === 0
    ? bytes / record
    : new StageError({
        message: `this is no whole binary file of CIFAR-${cifar}: ${bytes} bytes are no multiple of ${record}`,
        hint: "take the binary version of the set, unpacked; where it is that, fetch it again",
        file,
      })
}
