import { expect, it } from 'vitest'
import type { Provenance } from '../provenance.ts'
import { escaped, specPage } from './page.ts'
import type { SpecResults } from './spec.ts'
import { specText } from './spec-report.ts'
import type { Summary } from './summary.ts'

const summary: Summary = {
  questions: 3,
  turns: 4,
  tokens: 100,
  speedup: 1.5,
  speedupInterval: [1.25, 1.75],
  medianSpeedup: 1.4,
  wholeSpeedup: 1.3,
  meanAcceptanceLength: 2.2,
  acceptanceRate: 0.4,
  acceptanceByDepth: [0.6, 0.3],
  rounds: 40,
  roundEfficiency: 0.5,
  roundCost: 1.2,
  draftMs: 0.1,
  verifyMs: 9,
  otherMs: 0.2,
  plainMs: 14,
  tokensPerSecond: 107,
  plainTokensPerSecond: 71,
  identical: true,
}
const origin: Provenance = {
  command: 'pnpm bench spec',
  date: '2026-01-02T03:04:05.000Z',
  commit: 'abc',
  isDirty: false,
  versions: {},
  device: { processor: 'A <fast> one', threads: 2, instructions: [], memoryBytes: 1, system: 'linux' },
  seed: 0,
  load: 0.1,
}
const results: SpecResults = {
  parts: [
    {
      composition: 'a',
      about: 'One & two.',
      temperature: 0,
      boundShare: null,
      overall: summary,
      categories: { qa: { ...summary, speedup: 0.9, speedupInterval: null, identical: false } },
    },
  ],
  absent: { b: 'CAPABILITY_MISSING: <none>' },
}

it('is one page that shows every figure and asks for nothing', async () => {
  const page = await specPage(results, [], { model: 'm', threads: 2 }, origin)
  expect(page).toContain('1.50×')
  expect(page).toContain('1.25–1.75')
  expect(page).toContain('A &#60;fast&#62; one')
  expect(page).toContain('One &#38; two.')
  expect(page).toContain('CAPABILITY_MISSING: &#60;none&#62;')
  expect(page.match(/<svg/g)).toHaveLength(3)
  expect(page.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:|<script|<link|src=/)
  expect(page).not.toContain('fill="white"')
})

it('tells a broken identity and what is missing in the table', () => {
  const text = specText(results, [])
  expect(text).toMatch(/a +0\.0 +qa +3 +0\.90 +- .* NO$/m)
  expect(text).toMatch(/a +0\.0 +all +3 +1\.50 +1\.25–1\.75 .* yes$/m)
  expect(text).toContain('Not measured: b')
})

it('escapes what HTML reads', () => {
  expect(escaped('<a b="c">&')).toBe('&#60;a b=&#34;c&#34;&#62;&#38;')
})
