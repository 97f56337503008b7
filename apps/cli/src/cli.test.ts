import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main, foretoken as program } from './child.ts'

let cache = ''
const foretoken = (...[args, extra]: [readonly string[], { stdin?: string; env?: object }?]) =>
  program(cache, args, extra)

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'foretoken-cli-'))
})

afterAll(async () => {
  await rm(cache, { recursive: true, force: true })
})

const controlSequence = String.fromCharCode(27)

describe('run', () => {
  it('writes the same text with and without drafting, as one JSON object', async () => {
    const run = async (...args: string[]): Promise<Record<string, unknown>> => {
      const { code, stdout, stderr } = await foretoken([
        'run',
        '--json',
        '--max-tokens',
        '40',
        ...args,
        'Once upon a time',
      ])
      expect(code, stderr).toBe(0)
      return JSON.parse(stdout)
    }
    const drafted = await run()
    const plain = await run('--drafter', 'none')
    const lookedUp = await run('--drafter', 'prompt-lookup', '--verifier', 'exact-match', '--compare')
    expect(drafted['tokenIds']).toEqual(plain['tokenIds'])
    expect(lookedUp['tokenIds']).toEqual(plain['tokenIds'])
    expect(lookedUp['compare']).toMatchObject({ identical: true })
    expect(drafted).toMatchObject({
      text: expect.any(String),
      finishReason: expect.stringMatching(/^(stop|length)$/),
      guarantee: 'lossless',
      stats: {
        tokensPerSecond: expect.any(Number),
        prefillMs: expect.any(Number),
        rounds: expect.any(Number),
        drafted: expect.any(Number),
        accepted: expect.any(Number),
        meanAcceptanceLength: expect.any(Number),
      },
    })
    expect(plain['stats']).toMatchObject({ drafted: 0, meanAcceptanceLength: 1 })
    const target = { provider: 'cpu', threads: 1, thread: 'caller' }
    const apart = { ...target, thread: 'worker' }
    expect(drafted['where']).toEqual({ target, draft: target })
    expect((await run('--drafter', 'pearl'))['where']).toEqual({ target: apart, draft: apart })
    expect(plain['where']).toEqual({ target })
  })

  it('drafts text with a model of another vocabulary, or says that another method could', async () => {
    const run = (...args: string[]) =>
      foretoken(['run', '--json', '--max-tokens', '24', '--draft-model', 'smollm2-draft', ...args, 'Once upon a time'])
    const auto = await run('--explain')
    expect(auto.code, auto.stderr).toBe(0)
    const told = JSON.parse(auto.stdout)
    const drafters = told.explain[1].considered.map(({ drafter }: { drafter: string }) => drafter)
    expect(drafters).toEqual(['suffix', 'retokenized'])
    expect(told).not.toHaveProperty('draftingFailures')
    expect(told.tokenIds).toEqual(JSON.parse((await run('--drafter', 'none')).stdout).tokenIds)
    const { code, stderr } = await run('--drafter', 'draft-model')
    expect(code).toBe(1)
    expect(stderr).toMatch(/VOCABULARY_MISMATCH .*retokenized/)
  })

  it('reads the prompt from a pipe and writes no colours into one', async () => {
    const { code, stdout, stderr } = await foretoken(['run', '--max-tokens', '8'], { stdin: 'The little fox' })
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^The little fox/)
    expect(stdout + stderr).not.toContain(controlSequence)
  })

  it('reads a pipe where CI is set, too', async () => {
    const { stdout } = await foretoken(['run', '--max-tokens', '4'], { stdin: 'The little fox', env: { CI: 'true' } })
    expect(stdout).toMatch(/^The little fox/)
  })

  it('repeats a sampled run of the same seed', async () => {
    const sample = async (seed: string): Promise<string> =>
      (await foretoken(['run', '--temperature', '1', '--seed', seed, '--max-tokens', '24', 'One day'])).stdout
    expect(await sample('7')).toBe(await sample('7'))
    expect(await sample('7')).not.toBe(await sample('8'))
  })
})

describe('bad input', () => {
  it.each([
    [['run', '--nonsense', 'x'], 'unknown option'],
    [['run', '--drafter', 'oracle', 'x'], 'Allowed choices are'],
    [['run', '--temperature', 'hot', 'x'], 'is not a number'],
    [['run', '--max-tokens', '0', 'x'], 'at least 1'],
    [['run', '--model', 'no-such-model', 'x'], 'known models are'],
    [['run', '--model', './no-such-file.gguf', 'x'], 'Check the path'],
    [['run', '   '], 'prompt is empty'],
    [['chat'], 'not on this machine'],
    [['inspect', main], 'error'],
  ])('%j is refused with words', async (args, words) => {
    const { code, stdout, stderr } = await foretoken([...args, ...(args[0] === 'chat' ? ['--offline'] : [])])
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toContain(words)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('leaves nothing half-written in the cache', async () => {
    const entries = await readdir(cache, { recursive: true })
    expect(entries.filter((entry) => /(scratch|partial)\/.|\.tmp/.test(entry))).toEqual([])
  })
})

describe('models and inspect', () => {
  it('lists the models that are known', async () => {
    const { stdout } = await foretoken(['models', '--json'])
    expect(JSON.parse(stdout).map((model: { id: string }) => model.id)).toEqual(
      expect.arrayContaining(['stories', 'stories-draft', 'smollm2-135m']),
    )
  })

  it('describes the embedded model', async () => {
    const { stdout } = await foretoken(['inspect', 'stories', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      architecture: { family: 'llama' },
      capabilities: expect.arrayContaining(['rows:exact']),
    })
  })
})
