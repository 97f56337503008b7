// One engine of others in a process of its own, which can be ended where it hangs.
import { PEERS } from '../../places.ts'
import { caseReaders, type SchemaCase } from '../cases.ts'
import { cutCase, warmText } from '../cut.ts'
import type { MaskEngine } from '../engine.ts'
import { follow, judge, type Verdict } from '../judge.ts'
import { type MaskTokenizer, maskTokenizer } from '../vocabularies.ts'
import { type LLGuidance, llguidanceEngine } from './llguidance.ts'
import type { PeerReply, PeerRequest, PeerSetup } from './peers.ts'
import { type XGrammar, xgrammarEngine } from './xgrammar.ts'

interface Libraries {
  xgrammar(): Promise<XGrammar>
  llguidance(): Promise<LLGuidance>
}

interface Open {
  readonly engine: MaskEngine
  readonly tokenizer: MaskTokenizer
  readonly cases: readonly (() => SchemaCase)[]
}

let open: Open | undefined

async function begin({ peer, vocabulary, choice, data }: PeerSetup): Promise<number> {
  const libraries = (await import(String(new URL('masks/engines.mjs', PEERS)))) as Libraries
  const tokenizer = await maskTokenizer(vocabulary, choice)
  const started = performance.now()
  const engine =
    peer === 'xgrammar'
      ? await xgrammarEngine(await libraries.xgrammar(), tokenizer)
      : await llguidanceEngine(await libraries.llguidance(), tokenizer)
  const vocabularyMs = performance.now() - started
  const warm = await engine.compile({})
  await follow(warm, tokenizer.encode(warmText))
  warm.dispose()
  open = { engine, tokenizer, cases: await caseReaders(data) }
  return vocabularyMs
}

async function answer(request: PeerRequest): Promise<PeerReply> {
  try {
    if (request.kind === 'begin') return { vocabularyMs: await begin(request.setup) }
    const { engine, tokenizer, cases } = open!
    const times: number[] = []
    const verdict: Verdict = await judge(cutCase(cases[request.index]!(), tokenizer), engine, times)
    return { verdict, times, memoryKiB: process.resourceUsage().maxRSS }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

process.on('message', async (request: PeerRequest) => process.send?.(await answer(request)))
process.on('disconnect', () => process.exit(0))
