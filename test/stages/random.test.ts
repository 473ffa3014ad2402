import { assert, it } from "@effect/vitest"
import { random } from "../../stages/random.ts"

const draws = (name: string, n: number) => {
  const { next } = random(name)
  return Array.from({ length: n }, next)
}

it("gives the same numbers for a name on every machine", () => {
  const { below } = random("1/train/00012")
  assert.deepStrictEqual(
    Array.from({ length: 6 }, () => below(1e6)),
    [93857, 123399, 135438, 995472, 775553, 738035],
  )
})

it("gives unrelated numbers for names that differ in one letter", () => {
  const [a, b] = [draws("1/train/00012", 2000), draws("1/train/00013", 2000)]
  const products = a.map((x, i) => (x - 0.5) * ((b[i] ?? 0) - 0.5) * 12)
  assert.closeTo(products.reduce((sum, x) => sum + x, 0) / 2000, 0, 0.08)
  const first = Array.from({ length: 2000 }, (_, i) => draws(`1/train/${i}`, 1)[0] ?? 0)
  for (let tenth = 0; tenth < 10; tenth++) {
    assert.closeTo(first.filter((x) => Math.floor(x * 10) === tenth).length, 200, 60)
  }
})

it("draws from the ranges asked for", () => {
  const { below, between, chance, normal, pick } = random("ranges")
  const many = <A>(draw: () => A) => Array.from({ length: 5000 }, draw)
  assert.deepStrictEqual([...new Set(many(() => below(4)))].sort(), [0, 1, 2, 3])
  assert.deepStrictEqual([...new Set(many(() => pick(["a", "b", "c"])))].sort(), ["a", "b", "c"])
  assert.isTrue(many(() => between(-3, 5)).every((x) => x >= -3 && x < 5))
  assert.closeTo(many(() => chance(0.3)).filter(Boolean).length / 5000, 0.3, 0.03)
  const values = many(normal)
  assert.closeTo(values.reduce((sum, x) => sum + x, 0) / 5000, 0, 0.06)
  assert.closeTo(values.reduce((sum, x) => sum + x * x, 0) / 5000, 1, 0.08)
})
