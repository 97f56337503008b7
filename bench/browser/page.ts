// The browser's side of `pnpm bench browser`: a model, and turns that its other side asks for.
import { type LoadedModel, loadModel } from '@foretoken/backend-web'
import { ngramsOf } from '@foretoken/checkpoint/web'
import { measureCosts } from '@foretoken/controller'
import type { DecodeOptions, Drafter, Model } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { loadNgramTable, type NgramTable, ngram } from '@foretoken/drafter-ngram'
import { suffix, suffixPool } from '@foretoken/drafter-suffix'
import { ngramFile } from '@foretoken/model-smollm2-ngrams'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { pageController, pageNgrams } from '../../apps/playground/src/page-drafting.ts'
import type {
  Answer,
  BenchPage,
  FormsTask,
  OpenTask,
  PeerPlace,
  PeerTask,
  Speculation,
  TurnTask,
} from '../src/browser/page-interface.ts'
import { runTurns, type Turn } from '../src/spec/turn.ts'
import { describeAdapter, forms } from './forms.ts'
import { openPeer, type Peer } from './peers.ts'

let model: Model
let stopTokens: Int32Array
let textOf: (tokenIds: readonly number[]) => string
const drafters = new Map<Speculation, Drafter>()
const peers = new Map<PeerTask['name'], Peer>()

async function open({ address, draftAddress, threads, speculations }: OpenTask) {
  const target = await loadModel(new URL(address, location.href), { threads })
  model = target.model
  stopTokens = target.tokenizer.stopTokens
  textOf = (tokenIds) => target.tokenizer.decode(tokenIds, { special: true })
  const costs = await measureCosts(model, { wants: 'argmax' })
  const table = await tableOf(target)
  const free = () => [...(table ? [pageNgrams(table)] : []), counted()]
  const small = draftAddress ? await loadModel(new URL(draftAddress, location.href), { threads: 1 }) : undefined
  // Nothing may be compiled while the clock runs: what the first draft takes is believed to be its price.
  if (small) await measureCosts(small.model, { repetitions: 1 })
  const made: Record<Speculation, () => Drafter | undefined> = {
    auto: () => pageController(free(), costs),
    'auto-free': () => pageController([counted()], costs),
    'auto-draft': () => small && pageController([...free(), draftOf(small)], costs),
    ngram: () => ngram({ table }),
  }
  for (const name of speculations) {
    const drafter = made[name]()
    if (drafter) drafters.set(name, drafter)
  }
  return { runtime: target.runtime, costs, hasTable: table !== undefined, agent: navigator.userAgent }
}

const counted = (): Drafter => suffix({ pool: suffixPool() })

function draftOf({ model, info }: LoadedModel): Drafter {
  const vocabulary = info.architecture.headTokens
  return draftModel({ model, ...(vocabulary && { vocabulary }) })
}

async function tableOf({ info }: LoadedModel): Promise<NgramTable | undefined> {
  const bytes = await ngramsOf(info, { '@foretoken/model-smollm2-ngrams': ngramFile })
  return bytes && loadNgramTable(bytes)
}

async function addPeer(task: PeerTask): Promise<PeerPlace> {
  const peer = await openPeer(task, textOf)
  // As above: nothing may be compiled while the clock runs.
  await peer.generate([...stopTokens.subarray(0, 1), 1, 2, 3], 4)
  peers.set(task.name, peer)
  return peer.place
}

async function prefill(prompt: Int32Array): Promise<number> {
  const started = performance.now()
  model.rewind(0)
  for (let from = 0; from < prompt.length - 1; from += model.maximumRows) {
    const fed = prompt.subarray(from, Math.min(from + model.maximumRows, prompt.length - 1))
    await model.step({ tokens: fed, logitsFor: new Int32Array(0) })
    model.commit(fed.map((_, row) => row))
  }
  return performance.now() - started
}

async function timed(task: FormsTask) {
  return { times: await forms(task), adapter: await describeAdapter() }
}

async function turn({ prompt: ids, tokens, turn: number }: TurnTask) {
  const prompt = Int32Array.from(ids)
  const prefillMs = await prefill(prompt)
  const named: [Speculation | 'plain', Drafter | undefined][] = [['plain', undefined], ...drafters]
  const first = number % named.length
  const runs = [...named.slice(first), ...named.slice(0, first)].map(
    ([name, drafter]): readonly [Speculation | 'plain', DecodeOptions] => {
      const options = { model: model.fork(), prompt, maxTokens: tokens, stopTokens }
      return [name, drafter ? { ...options, drafter, verifier: exactMatch() } : options]
    },
  )
  const turns = await runTurns(runs.map(([, options]) => options))
  const answers: Partial<Record<Speculation | 'plain', Answer>> = {}
  for (const [i, [name, { model }]] of runs.entries()) {
    const { tokenIds, stats } = turns[i] as Turn
    answers[name] = { tokenIds: [...tokenIds], stats }
    await model.dispose()
  }
  const { plain, ...ours } = answers
  const count = plain!.tokenIds.length
  const others: Partial<Record<PeerTask['name'], { firstMs: number; restMs: number; tokens: number }>> = {}
  for (const [name, peer] of count > 1 ? peers : []) {
    const { firstMs, restMs, tokenIds } = await peer.generate(ids, count)
    others[name] = { firstMs, restMs, tokens: tokenIds.length }
  }
  return { prefillMs, plain: plain!, ours, peers: others }
}

Object.assign(globalThis, { benchPage: { open, openPeer: addPeer, turn, forms: timed } satisfies BenchPage })
