import { expect, it } from 'vitest'
import { linkOf, type Settings, settingsOf } from './settings.ts'

const DEFAULTS: Settings = {
  prompt: 'Once',
  backend: 'wasm',
  drafter: 'suffix',
  verifier: 'block',
  sampler: 'whole',
  draftTokens: 3,
  temperature: 0,
  seed: 1,
  maxTokens: 100,
}
const choices = { drafter: ['suffix', 'lookahead'], verifier: ['block'] }

it('keeps settings in a link', () => {
  const settings = { ...DEFAULTS, prompt: 'Once & for all = ü', drafter: 'lookahead', temperature: 0.7 }
  const { hash } = new URL(linkOf(settings, 'https://example.org/playground/'))
  expect(settingsOf(hash, DEFAULTS, choices)).toEqual(settings)
})

it('takes what could not be meant for the default', () => {
  expect(settingsOf('#drafter=magic&seed=x&temperature=&prompt=Hi&other=1', DEFAULTS, choices)).toEqual({
    ...DEFAULTS,
    prompt: 'Hi',
  })
})
