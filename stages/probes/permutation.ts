import { random } from "../random.ts"

/**
 * The numbers `0..rows - 1` in an order drawn from the seed and the epoch
 * (Fisher and Yates' shuffle); the same on every machine.
 */
export const permutation = (rows: number, seed: number, epoch: number): Int32Array => {
  const { below } = random(`shuffle/${seed}/${epoch}`)
  const order = Int32Array.from({ length: rows }, (_, i) => i)
  for (let i = rows - 1; i > 0; i--) {
    const j = below(i + 1)
    const kept = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = kept
  }
  return order
}
