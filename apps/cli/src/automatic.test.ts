/** What `auto` chooses among, and which price list it asks for. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ngramTable } from '@foretoken/drafter-ngram'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CompositionOptions, loadComposition } from './composition.ts'

let folder = ''
let installed: Uint8Array | undefined
/** Tokens of the model `stories`. */
const vocabularySize = 4096

vi.mock('@foretoken/checkpoint/node', async (original) => ({
  ...(await original<object>()),
  ngramsOf: async (id: string) => (id === 'stories' ? installed : undefined),
}))

beforeAll(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-automatic-'))
  vi.stubEnv('FORETOKEN_CACHE', folder)
  installed = ngramTable([{ tokens: Int32Array.of(1, 2, 3, 1, 2, 3) }], { vocabularySize }).save()
  return () => rm(folder, { recursive: true, force: true })
})
afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** The controller's name, which lists its drafters, and the price lists that were written. */
async function chosen(options: Partial<CompositionOptions> = {}) {
  const { controller, dispose } = await loadComposition({ model: 'stories', temperature: 0, offline: true, ...options })
  const name = controller!.manifest.name
  await dispose()
  const files = await readdir(folder, { recursive: true })
  return { name, prices: files.map((file) => basename(file)).filter((file) => file.startsWith('step-costs')) }
}

describe('auto drafts', () => {
  it('by n-grams where a package has what the model mostly says', async () => {
    expect((await chosen()).name).toBe('controller(ngram, draft-model)')
  })

  it('by counted suffixes where none has', async () => {
    installed = undefined
    expect((await chosen()).name).toBe('controller(suffix, draft-model)')
  })

  it('by counted suffixes where they are remembered, or where trees are not verified', async () => {
    expect((await chosen({ memory: join(folder, 'memory') })).name).toBe('controller(suffix, draft-model)')
    expect((await chosen({ verifier: 'block', temperature: 1 })).name).toBe('controller(suffix, draft-model)')
  })

  it('by nothing where the table is of another model, and says so', async () => {
    installed = ngramTable([{ tokens: Int32Array.of(1, 2, 3) }], { vocabularySize: 9, leastOccurrences: 1 }).save()
    const { controller, model, dispose } = await loadComposition({ model: 'stories', temperature: 0, offline: true })
    await controller!.begin(Int32Array.of(1, 2), model)
    expect(controller!.report().benched[0]).toMatchObject({
      drafter: 'ngram',
      reason: expect.stringMatching(/VOCABULARY_MISMATCH/),
    })
    await dispose()
  })

  it('by a damaged table never', async () => {
    installed!.fill(7, 20)
    await expect(chosen()).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
  })
})

describe('auto prices steps', () => {
  it('without logits where it decodes greedily', async () => {
    expect((await chosen()).prices).toEqual(['step-costs-argmax.json'])
  })

  it('with logits where it samples, or a grammar looks at them', async () => {
    expect((await chosen({ temperature: 1 })).prices).toEqual(['step-costs.json'])
    await rm(folder, { recursive: true })
    expect((await chosen({ constraint: { regex: '[a-z]+' } })).prices).toEqual(['step-costs.json'])
  })
})
