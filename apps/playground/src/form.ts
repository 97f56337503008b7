import type { Unavailable } from './availability.ts'
import { element } from './elements.ts'
import { DRAFTERS, SAMPLERS, VERIFIERS } from './methods.ts'
import type { Settings } from './settings.ts'

type Choice = 'backend' | 'drafter' | 'verifier' | 'sampler'

/** What may be chosen by name. */
export const CHOICES: Readonly<Record<Choice, readonly string[]>> = {
  backend: ['wasm', 'webgpu'],
  drafter: Object.keys(DRAFTERS),
  verifier: Object.keys(VERIFIERS),
  sampler: Object.keys(SAMPLERS),
}

const NUMBERS = {
  draftTokens: { label: 'Draft tokens', min: 1, max: 16, step: 1 },
  temperature: { label: 'Temperature', min: 0, max: 2, step: 0.1 },
  seed: { label: 'Seed', min: 0, max: 2 ** 31, step: 1 },
  maxTokens: { label: 'Most tokens', min: 1, max: 900, step: 1 },
} as const

const LABELS = { backend: 'Target runs on', drafter: 'Drafter', verifier: 'Verifier', sampler: 'Sampler' } as const

export interface SettingsForm {
  readonly element: HTMLFormElement
  read(): Settings
  /** Marks choices that cannot be made, with the reason; where a drafter is chosen that cannot draft, `auto` takes its place. */
  restrict(unavailable: Unavailable): void
  /** Makes a choice in the user's place. */
  choose(name: Choice, value: string): void
}

/** The form of a run's settings, with `actions` at its end. */
export function settingsForm(initial: Settings, actions: readonly HTMLElement[]): SettingsForm {
  const prompt = element('textarea', { name: 'prompt', rows: 3, value: initial.prompt, required: true })
  const selects = new Map(
    (Object.keys(CHOICES) as Choice[]).map((name) => {
      const select = element('select', { name }, ...CHOICES[name].map((value) => element('option', { value }, value)))
      select.value = initial[name]
      return [name, select] as const
    }),
  )
  const form = element(
    'form',
    { className: 'settings', onsubmit: (event: Event) => event.preventDefault() },
    element('label', { className: 'wide' }, 'Prompt', prompt),
    ...[...selects].map(([name, select]) => element('label', {}, LABELS[name], select)),
    ...(Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).map((name) => numberInput(name, initial[name])),
    element('div', { className: 'actions' }, ...actions),
  )
  return {
    element: form,
    read() {
      const given = new FormData(form)
      const text = (name: string) => String(given.get(name))
      const number = (name: keyof typeof NUMBERS) => Number(text(name))
      const choice = (name: Choice) => (selects.get(name) as HTMLSelectElement).value
      return {
        prompt: text('prompt'),
        backend: choice('backend') as Settings['backend'],
        drafter: choice('drafter'),
        verifier: choice('verifier'),
        sampler: choice('sampler'),
        draftTokens: number('draftTokens'),
        temperature: number('temperature'),
        seed: number('seed'),
        maxTokens: number('maxTokens'),
      }
    },
    choose(name, value) {
      ;(selects.get(name) as HTMLSelectElement).value = value
    },
    restrict(unavailable) {
      for (const [name, reasons] of Object.entries(unavailable)) {
        for (const option of selects.get(name as Choice)?.options ?? []) {
          const reason = reasons[option.value]
          option.disabled = reason !== undefined
          option.textContent = reason === undefined ? option.value : `${option.value} (${reason})`
        }
      }
      const drafter = selects.get('drafter') as HTMLSelectElement
      if (unavailable.drafter[drafter.value] !== undefined) drafter.value = 'auto'
    },
  }
}

function numberInput(name: keyof typeof NUMBERS, value: number): HTMLElement {
  const { label, min, max, step } = NUMBERS[name]
  const input = element('input', {
    name,
    type: 'number',
    min: String(min),
    max: String(max),
    step: String(step),
    value: String(value),
    required: true,
  })
  return element('label', {}, label, input)
}
