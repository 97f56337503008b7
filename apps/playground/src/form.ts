import { element } from './elements.ts'
import { DRAFTERS, VERIFIERS } from './methods.ts'
import type { Settings } from './settings.ts'

/** What may be chosen by name. */
export const CHOICES: Readonly<Record<'drafter' | 'verifier', readonly string[]>> = {
  drafter: Object.keys(DRAFTERS),
  verifier: Object.keys(VERIFIERS),
}

const NUMBERS = {
  draftTokens: { label: 'Draft tokens', min: 1, max: 16, step: 1 },
  temperature: { label: 'Temperature', min: 0, max: 2, step: 0.1 },
  seed: { label: 'Seed', min: 0, max: 2 ** 31, step: 1 },
  maxTokens: { label: 'Most tokens', min: 1, max: 900, step: 1 },
} as const

const LABELS = { drafter: 'Drafter', verifier: 'Verifier' } as const

export interface SettingsForm {
  readonly element: HTMLFormElement
  read(): Settings
}

/** The form of a run's settings, with `actions` at its end. */
export function settingsForm(initial: Settings, actions: readonly HTMLElement[]): SettingsForm {
  const prompt = element('textarea', { name: 'prompt', rows: 3, value: initial.prompt, required: true })
  const choices = (Object.keys(CHOICES) as (keyof typeof CHOICES)[]).map((name) => {
    const select = element('select', { name }, ...CHOICES[name].map((value) => element('option', { value }, value)))
    select.value = initial[name]
    return element('label', {}, LABELS[name], select)
  })
  const numbers = (Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).map((name) => {
    const { label, min, max, step } = NUMBERS[name]
    const input = element('input', {
      name,
      type: 'number',
      min: String(min),
      max: String(max),
      step: String(step),
      value: String(initial[name]),
      required: true,
    })
    return element('label', {}, label, input)
  })
  const form = element(
    'form',
    { className: 'settings', onsubmit: (event: Event) => event.preventDefault() },
    element('label', { className: 'wide' }, 'Prompt', prompt),
    ...choices,
    ...numbers,
    element('div', { className: 'actions' }, ...actions),
  )
  return {
    element: form,
    read() {
      const given = new FormData(form)
      const text = (name: string) => String(given.get(name))
      const number = (name: keyof typeof NUMBERS) => Number(text(name))
      return {
        prompt: text('prompt'),
        drafter: text('drafter'),
        verifier: text('verifier'),
        draftTokens: number('draftTokens'),
        temperature: number('temperature'),
        seed: number('seed'),
        maxTokens: number('maxTokens'),
      }
    },
  }
}
