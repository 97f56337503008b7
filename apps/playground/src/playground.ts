import { measureCosts } from '@foretoken/controller'
import { ForetokenError } from '@foretoken/core'
import { examplePrompt } from '@foretoken/model-stories'
import { graphicsMissing, unavailable } from './availability.ts'
import { choicesOf } from './choices.ts'
import { costTable } from './cost-view.ts'
import { element } from './elements.ts'
import { CHOICES, settingsForm } from './form.ts'
import { frames } from './frames.ts'
import { type Generation, plain, race, speculative } from './generation.ts'
import { type Lane, lane, legend } from './lane.ts'
import { modelChoice } from './model-choice.ts'
import { describe, EMBEDDED, type Loading, type PlacedModels, placed, withTarget } from './models.ts'
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
  /** Where the target is loaded from. */
  let place = EMBEDDED
  let running: AbortController | undefined
  /** Nobody stops that. */
  let isMeasuring = false
  let record: unknown
  const status = element('p', { className: 'status', role: 'status' })
  const result = element('p', { className: 'verdict', role: 'status' })
  const rounds = roundView()
  const plot = racePlot()
  const costs = element('div')
  const stored = storedModels()
  const choices = element('p', { className: 'choices' })
  const lanes = element('div', { className: 'lanes' })
  const results = element('div', { className: 'results' }, result, plot.element, lanes, choices, rounds.element)
  const button = (text: string, onclick: () => void) => element('button', { type: 'button', onclick }, text)
  const generateButton = button('Generate', () => void play([speculative]))
  generateButton.className = 'main'
  const raceButton = button('Race against plain', () => void play([plain, speculative]))
  const stopButton = button('Stop', () => running?.abort())
  const exportButton = button('Export as JSON', () => save(record))
  const measureButton = button('Measure this device', () => void measure())
  const linkButton = button('Copy link', () => void copyLink())
  const another = modelChoice((location) => void open(location))
  const form = settingsForm(settingsOf(location.hash, DEFAULTS, CHOICES), [
    generateButton,
    raceButton,
    stopButton,
    linkButton,
    exportButton,
    measureButton,
    ...another.elements,
  ])

  const update = () => {
    for (const each of [generateButton, raceButton, measureButton, ...another.controls])
      each.disabled = running !== undefined
    stopButton.disabled = !running || isMeasuring
    exportButton.disabled = record === undefined || running !== undefined
  }
  const say = (text: string) => {
    status.textContent = text
  }
  const attempt = async (body: (signal: AbortSignal) => Promise<void>) => {
    running = new AbortController()
    const origin = document.activeElement
    update()
    try {
      await body(running.signal)
    } catch (error) {
      if (!ForetokenError.is(error)) say(`This should not have happened: ${error}.`)
      else say(error.code === 'ABORTED' ? 'Stopped.' : error.message)
      if (!ForetokenError.is(error)) throw error
    } finally {
      running = undefined
      isMeasuring = false
      results.style.minHeight = ''
      update()
      // A control that is switched off loses the focus, and the keyboard its place.
      if (document.activeElement?.matches('body, :disabled')) (origin as HTMLElement | null)?.focus()
      stored.refresh()
    }
  }
  const copyLink = async () => {
    history.replaceState(undefined, '', linkOf(form.read(), location.href))
    // Pages without a secure connection have no clipboard.
    await Promise.resolve(navigator.clipboard?.writeText(location.href) ?? Promise.reject()).then(
      () => say('The link is in the clipboard.'),
      () => say('The link is in the address bar.'),
    )
  }
  /** Loads both models; where the backend that is asked for cannot run the target, on WASM. @returns Why, where it cannot. */
  const start = async (location: PlacedModels['location'], loading: Loading): Promise<string[]> => {
    const { backend } = form.read()
    try {
      models = await placed(location, backend, loading)
      return []
    } catch (error) {
      if (backend === 'wasm' || !ForetokenError.is(error) || error.code === 'ABORTED') throw error
      form.choose('backend', 'wasm')
      models = await placed(location, 'wasm', loading)
      return [error.message]
    }
  }
  /** The models, with the target from `location` and where the form wants it. */
  const ready = async (location: PlacedModels['location'], signal: AbortSignal): Promise<PlacedModels> => {
    const { backend } = form.read()
    if (models?.location === location && models.backend === backend) return models
    const loading = { onStatus: say, signal }
    let missing: string[] = []
    if (models) models = await withTarget(models, location, backend, loading)
    else missing = await start(location, loading)
    const now = models as PlacedModels
    place = location
    costs.replaceChildren()
    say([...missing, describe(now)].join(' '))
    form.restrict(unavailable(now, await graphicsMissing()))
    return now
  }
  const open = (location: PlacedModels['location']) => attempt(async (signal) => void (await ready(location, signal)))
  const measure = () =>
    attempt(async (signal) => {
      const now = await ready(place, signal)
      isMeasuring = true
      update()
      say('Measuring what steps cost here …')
      const curve = await measureCosts(now.target.model, MEASURED)
      models = { ...now, costs: curve }
      costs.replaceChildren(costTable(curve))
      say(describe(models))
    })
  /** Decodes. A model whose worker or device was lost meanwhile is loaded anew the next time. */
  const decodeAll: typeof race = async (generations, onRun) => {
    try {
      await race(generations, onRun)
    } catch (error) {
      if (ForetokenError.is(error) && error.code === 'BACKEND_FAILED') {
        const lost = models
        models = undefined
        await Promise.allSettled([lost?.target.dispose(), lost?.draft.dispose()])
      }
      throw error
    }
  }
  const play = async (starts: readonly (typeof plain)[]) => {
    if (!form.element.reportValidity()) return
    await attempt(async (signal) => {
      const target = await ready(place, signal)
      const settings = form.read()
      // What stands below keeps its place while the new results grow over the old ones.
      results.style.minHeight = `${results.offsetHeight}px`
      result.textContent = ''
      choices.textContent = ''
      rounds.show([], String)
      plot.clear()
      const generations = starts.map((start) => start(target, settings, signal))
      const shown = new Map<Generation, Lane>(generations.map((each) => [each, lane(each.name)]))
      lanes.replaceChildren(...[...shown.values()].map((each) => each.element))
      const figures = frames(() => {
        for (const [generation, lane] of shown) lane.measure(generation)
        plot.draw()
      })
      try {
        await decodeAll(generations, (generation, run) => {
          shown.get(generation)?.add(run, run.stats.drafted > 0 ? generation.rounds.at(-1) : undefined)
          plot.add(generation)
          figures.ask()
        })
      } finally {
        figures.finish()
      }
      const { tokenizer } = target.target
      rounds.show(generations.at(-1)?.rounds ?? [], (token) => tokenizer.decode([token], { special: true }))
      const [first, second] = generations
      const report = generations.at(-1)?.report()
      choices.textContent = report ? choicesOf(report) : ''
      if (first && second) result.textContent = verdict(first, second, settings)
      record = {
        settings,
        model: target.target.info.id,
        runtime: target.target.runtime,
        where: { target: target.target.model.where, draft: target.draft.model.where },
        ...(report && { controller: report }),
        generations: generations.map(({ name, tokenIds, rounds, summary }) => ({ name, tokenIds, ...summary, rounds })),
      }
    })
  }

  root.ondragover = (event) => event.preventDefault()
  root.ondrop = (event) => {
    event.preventDefault()
    if (running) say('Stop what runs, or wait for its end; then drop the files again.')
    else another.take([...(event.dataTransfer?.files ?? [])])
  }
  root.replaceChildren(title(status), element('main', {}, form.element, legend(), results, costs, stored.element))
  void play([speculative])
}

function title(status: HTMLElement): HTMLElement {
  const what = 'A small model drafts, a larger one decides: watch each token’s fate. Everything runs in this page.'
  return element('header', {}, element('h1', {}, 'Foretoken'), element('p', {}, what), status)
}

/** Hands `record` to the user as a file. */
function save(record: unknown): void {
  const href = URL.createObjectURL(new Blob([JSON.stringify(record, undefined, 2)], { type: 'application/json' }))
  element('a', { href, download: 'foretoken-run.json' }).click()
  URL.revokeObjectURL(href)
}
