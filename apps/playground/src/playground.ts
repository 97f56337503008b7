import { measureCosts } from '@foretoken/controller'
import { ForetokenError } from '@foretoken/core'
import { examplePrompt } from '@foretoken/model-stories'
import { graphicsMissing, unavailable } from './availability.ts'
import { costTable } from './cost-view.ts'
import { element } from './elements.ts'
import { CHOICES, settingsForm } from './form.ts'
import { type Generation, plain, race, speculative } from './generation.ts'
import { type Lane, lane, legend } from './lane.ts'
import { describe, embedded, type PlacedModels, withTarget } from './models.ts'
import { racePlot } from './plot.ts'
import { roundView } from './round-view.ts'
import { linkOf, type Settings, settingsOf } from './settings.ts'
import { storedModels } from './stored-view.ts'
import { verdict } from './verdict.ts'

const DEFAULTS: Settings = {
  prompt: examplePrompt,
  backend: 'wasm',
  drafter: 'draft-model',
  verifier: 'speculative-sampling',
  sampler: 'whole law',
  draftTokens: 4,
  temperature: 0,
  seed: 1,
  maxTokens: 200,
}

/** Enough to see the curve in seconds. */
const MEASURED = { rows: [1, 2, 3, 4, 6, 8, 12, 16], contexts: [32, 256], repetitions: 3 }

/** Fills `root` with the playground. */
export function playground(root: HTMLElement): void {
  let models: PlacedModels | undefined
  let running: AbortController | undefined
  let record: unknown
  const status = element('p', { className: 'status', role: 'status' })
  const result = element('p', { className: 'verdict', role: 'status' })
  const rounds = roundView()
  const plot = racePlot()
  const costs = element('div')
  const lanes = element('div', { className: 'lanes' })
  const button = (text: string, onclick: () => void) => element('button', { type: 'button', onclick }, text)
  const generateButton = button('Generate', () => void play([speculative]))
  generateButton.className = 'main'
  const raceButton = button('Race against plain', () => void play([plain, speculative]))
  const stopButton = button('Stop', () => running?.abort())
  const exportButton = button('Export as JSON', () => save(record))
  const measureButton = button('Measure this device', () => void measure())
  const linkButton = button('Copy link', () => void copyLink())
  const fileInput = element('input', {
    type: 'file',
    accept: '.gguf,.safetensors,.json',
    multiple: true,
    onchange: () => void open([...(fileInput.files ?? [])]),
  })
  const form = settingsForm(settingsOf(location.hash, DEFAULTS, CHOICES), [
    generateButton,
    raceButton,
    stopButton,
    linkButton,
    exportButton,
    measureButton,
    element('label', { className: 'file' }, 'Another model (GGUF, or safetensors with their .json files)', fileInput),
  ])

  const update = () => {
    for (const each of [generateButton, raceButton, measureButton, fileInput])
      each.disabled = !models || running !== undefined
    stopButton.disabled = !running
    exportButton.disabled = record === undefined || running !== undefined
  }
  const say = (text: string) => {
    status.textContent = text
  }
  const attempt = async (body: () => Promise<void>) => {
    try {
      await body()
    } catch (error) {
      if (!ForetokenError.is(error)) throw error
      say(error.code === 'ABORTED' ? 'Stopped.' : error.message)
    } finally {
      running = undefined
      update()
    }
  }
  const copyLink = async () => {
    history.replaceState(undefined, '', linkOf(form.read(), location.href))
    await navigator.clipboard.writeText(location.href).then(
      () => say('The link is in the clipboard.'),
      () => say('The link is in the address bar.'),
    )
  }
  const restrict = async () => {
    if (models) form.restrict(unavailable(models.target.model.supports, await graphicsMissing()))
  }
  const load = async (current: PlacedModels, location: PlacedModels['location']) => {
    models = await withTarget(current, location, form.read().backend, say)
    say(describe(models))
    await restrict()
    return models
  }
  /** Loads the embedded models; where `backend` cannot run them, on WASM. @returns Why, where it cannot. */
  const start = async (backend: Settings['backend']): Promise<string[]> => {
    try {
      models = await embedded(backend, say)
      return []
    } catch (error) {
      if (backend === 'wasm' || !ForetokenError.is(error)) throw error
      form.choose('backend', 'wasm')
      models = await embedded('wasm', say)
      return [error.message]
    }
  }
  const open = (files: readonly File[]) =>
    attempt(async () => {
      if (files.length === 0 || !models) return
      running = new AbortController()
      update()
      await load(models, files)
    })
  const measure = () =>
    attempt(async () => {
      if (!models) return
      running = new AbortController()
      update()
      say('Measuring what steps cost here …')
      const curve = await measureCosts(models.target.model, MEASURED)
      models = { ...models, costs: curve }
      costs.replaceChildren(costTable(curve))
      say(describe(models))
    })
  const play = (starts: readonly (typeof plain)[]) =>
    attempt(async () => {
      if (!models || !form.element.reportValidity()) return
      const settings = form.read()
      running = new AbortController()
      update()
      result.textContent = ''
      rounds.show([], String)
      plot.clear()
      const { signal } = running
      const target = models.backend === settings.backend ? models : await load(models, models.location)
      const generations = starts.map((start) => start(target, settings, signal))
      const shown = new Map<Generation, Lane>(generations.map((each) => [each, lane(each.name)]))
      lanes.replaceChildren(...[...shown.values()].map((each) => each.element))
      await race(generations, (generation, run) => {
        shown.get(generation)?.add(run, run.stats.drafted > 0 ? generation.rounds.at(-1) : undefined)
        shown.get(generation)?.measure(generation)
        plot.add(generation.name, { ms: generation.elapsed, tokens: generation.tokenIds.length })
      })
      for (const [generation, place] of shown) place.measure(generation)
      const { tokenizer } = target.target
      rounds.show(generations.at(-1)?.rounds ?? [], (token) => tokenizer.decode([token], { special: true }))
      const [first, second] = generations
      if (first && second) result.textContent = verdict(first, second, settings)
      record = {
        settings,
        model: target.target.info.id,
        runtime: target.target.runtime,
        where: { target: target.target.model.where, draft: target.draft.model.where },
        generations: generations.map(({ name, tokenIds, rounds, summary }) => ({ name, tokenIds, ...summary, rounds })),
      }
    })

  root.ondragover = (event) => event.preventDefault()
  root.ondrop = (event) => {
    event.preventDefault()
    if (!running) void open([...(event.dataTransfer?.files ?? [])])
  }
  root.replaceChildren(
    element(
      'header',
      {},
      element('h1', {}, 'Foretoken'),
      element(
        'p',
        {},
        'A small model drafts, a larger one decides: watch each token’s fate. Everything runs in this page.',
      ),
      status,
    ),
    element('main', {}, form.element, legend(), result, plot.element, lanes, rounds.element, costs, storedModels()),
  )
  update()
  void attempt(async () => {
    const missing = await start(form.read().backend)
    say([...missing, describe(models as PlacedModels)].join(' '))
    await restrict()
    update()
    await play([speculative])
  })
}

/** Hands `record` to the user as a file. */
function save(record: unknown): void {
  const href = URL.createObjectURL(new Blob([JSON.stringify(record, undefined, 2)], { type: 'application/json' }))
  element('a', { href, download: 'foretoken-run.json' }).click()
  URL.revokeObjectURL(href)
}
