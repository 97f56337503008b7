// The browser's side of `pnpm bench browser`: a model, and turns that its other side asks for.
import { loadModel } from '@foretoken/backend-web'
import { controller, measureCosts } from '@foretoken/controller'
import type { DecodeOptions, Drafter, Model } from '@foretoken/core'
import { draftModel } from '@foretoken/drafter-draft-model'
import { promptLookup } from '@foretoken/drafter-prompt-lookup'
import { suffix } from '@foretoken/drafter-suffix'
import { tokenRecycling } from '@foretoken/drafter-token-recycling'
import { exactMatch } from '@foretoken/verifier-exact-match'
import type { BenchPage, FormsTask, OpenTask, TurnTask } from '../src/browser/page-interface.ts'
import { runTurn } from '../src/spec/turn.ts'
import { describeAdapter, forms } from './forms.ts'

let model: Model
let drafter: Drafter
let stopTokens: Int32Array

async function open({ address, draftAddress, threads }: OpenTask) {
  const target = await loadModel(new URL(address, location.href), { threads })
  model = target.model
  stopTokens = target.tokenizer.stopTokens
  const drafters = [promptLookup(), suffix(), tokenRecycling()]
  if (draftAddress) {
    const draft = await loadModel(new URL(draftAddress, location.href), { threads: 1 })
    const bytesOf = (tokenizer: typeof draft.tokenizer) => (token: number) => tokenizer.tokenBytes(token)
    const tokenBytes = { draft: bytesOf(draft.tokenizer), target: bytesOf(target.tokenizer) }
    drafters.push(draftModel({ model: draft.model, tokenBytes }))
  }
  const costs = await measureCosts(model)
  drafter = controller({ drafters, costs })
  return { runtime: target.runtime, costs, agent: navigator.userAgent }
}

async function turn({ prompt: ids, tokens, oursFirst }: TurnTask) {
  const prompt = Int32Array.from(ids)
  const started = performance.now()
  model.rewind(0)
  for (let from = 0; from < prompt.length - 1; from += model.maximumRows) {
    const fed = prompt.subarray(from, Math.min(from + model.maximumRows, prompt.length - 1))
    await model.step({ tokens: fed, logitsFor: new Int32Array(0) })
    model.commit(fed.map((_, row) => row))
  }
  const prefillMs = performance.now() - started
  const plain: DecodeOptions = { model, prompt, maxTokens: tokens, stopTokens }
  const ours: DecodeOptions = { ...plain, drafter, verifier: exactMatch() }
  const answers = []
  for (const options of oursFirst ? [ours, plain] : [plain, ours]) {
    model.rewind(prompt.length - 1)
    const { tokenIds, stats } = await runTurn(options)
    answers.push({ tokenIds: [...tokenIds], stats })
  }
  const [first, second] = answers
  return oursFirst ? { prefillMs, ours: first!, plain: second! } : { prefillMs, ours: second!, plain: first! }
}

async function timed(task: FormsTask) {
  return { times: await forms(task), adapter: await describeAdapter() }
}

Object.assign(globalThis, { benchPage: { open, turn, forms: timed } satisfies BenchPage })
