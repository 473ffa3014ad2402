/**
 * A file that the store has checked is sealed: read-only, and last changed one
 * second after the epoch. Whoever writes to it breaks the seal, so an unbroken
 * one of the right size stands for the content, and a stat is all it takes.
 */
import { fchmodSync, futimesSync, type Stats, statSync } from "node:fs"

/** The time stamp of a sealed file, in seconds. */
export const second = 1
const mode = 0o444

/** Seals an open file. */
export const apply = (descriptor: number): void => {
  fchmodSync(descriptor, mode)
  futimesSync(descriptor, second, second)
}

/** Whether the seal is unbroken. */
export const holds = (stats: Stats): boolean => stats.mtimeMs === second * 1000

/** What the system knows of a file, undefined where there is none. Synchronous: thousands are looked at in a row. */
export const look = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false })

/** Tells one state of a file from any later one: each write gives it a new time of change. */
export const stamp = (stats: Stats): string => `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`
