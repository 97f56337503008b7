import { expect, it } from 'vitest'
import { type MeasuredResults, measuredCell, measuredNote } from './measured.ts'
import { indexPage } from './pages.ts'

const row = {
  composition: 'a',
  drafter: 'lookup',
  verifier: 'exact',
  temperature: 0,
  speedup: 1.5,
  speedupInterval: [1.25, 1.75],
  meanAcceptanceLength: 2.125,
  questions: 240,
} as const
const measured: MeasuredResults = {
  command: 'pnpm bench spec --publish',
  date: '2026-01-02T03:04:05.000Z',
  commit: 'abcdef0123',
  device: { processor: 'A', threads: 2 },
  model: 'm',
  results: [
    { ...row, temperature: 1, speedup: 1.1, speedupInterval: null },
    row,
    { ...row, composition: 'b', speedup: 1.4 },
    { ...row, composition: 'c', drafter: 'controller', speedup: 3 },
  ],
}

it('shows the best composition of a method at each temperature', () => {
  expect(measuredCell(measured, 'drafter', 'lookup')).toBe(
    '1.50× (1.25–1.75), 2.13 tokens a round, with `a` at T = 0; 1.10×, 2.13 tokens a round, with `a` at T = 1',
  )
  expect(measuredCell(measured, 'verifier', 'exact')).toMatch(/^3\.00× .*`c` at T = 0; 1\.10×/)
  expect(measuredCell(measured, 'drafter', 'other')).toBe('')
})

it('says how it was measured', () => {
  expect(measuredNote(measured)).toContain('240 questions')
  expect(measuredNote(measured)).toContain('commit abcdef0: `pnpm bench spec --publish`')
})

it('has the column only where something was measured', () => {
  const manifest = { specVersion: 1, kind: 'drafter', name: 'lookup', requires: [] }
  const unit = { folder: 'packages/drafters/lookup', json: { name: '@x/lookup' } } as never
  const methods = [{ unit, manifests: [manifest] }]
  expect(indexPage(methods)).not.toContain('measured')
  expect(indexPage(methods, measured)).toMatch(/\| source \| measured \|[\s\S]*1\.50×/)
  expect(indexPage(methods, measured)).toContain('pnpm bench spec --publish')
})
