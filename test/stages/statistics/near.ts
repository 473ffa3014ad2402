import { expect } from "@effect/vitest"

/** Equal to a peer's number within a millionth of it; `null` is NaN. What is below 1e-15 counts as 0. */
export const near = (found: number, peer: number | null, name: string): void => {
  if (peer === null) return expect(found, name).toBeNaN()
  const off = Math.abs(found - peer)
  expect(off, `${name}: ${found} where the peer has ${peer}`).toBeLessThanOrEqual(1e-6 * Math.abs(peer) + 1e-15)
}
