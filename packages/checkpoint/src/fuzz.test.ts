import { expect, it } from 'vitest'
import { fuzz } from '../bench/mutations.ts'

it('reads or refuses broken checkpoints, and never crashes', async () => {
  const report = await fuzz(3000)
  expect(report.crashes).toEqual([])
  expect(report.read).toBeGreaterThan(100)
  expect(report.refused.BAD_CHECKPOINT).toBeGreaterThan(500)
  expect(report.refused.UNSUPPORTED).toBeGreaterThan(5)
})
