// Rules for code on SmolLM2-135M-Instruct: what the model writes keeps to them, drafted or not, where left alone it does not.
// `foretoken pull smollm2-135m` brings the checkpoint; without it these tests skip.
import { loadModel } from '@foretoken/backend-node'
import { defaultCacheFolder, openModel } from '@foretoken/checkpoint/node'
import { constrain, constrained, vocabulary, withinConstraint } from '@foretoken/constraint'
import { javascriptRules, reviewCode, secureCode, solidityRules } from '@foretoken/constraint-secure-code'
import { type DecodeOptions, ForetokenError, generate } from '@foretoken/core'
import { suffix } from '@foretoken/drafter-suffix'
import { exactMatch } from '@foretoken/verifier-exact-match'
import { expect, it, type TestContext } from 'vitest'

async function smollm2(context: TestContext) {
  const folder = { cacheFolder: defaultCacheFolder(process.env), offline: true }
  const opened = await openModel('smollm2-135m', folder).catch((error: unknown) => {
    if (ForetokenError.is(error) && error.code === 'OFFLINE') return undefined
    throw error
  })
  return opened ?? context.skip('smollm2-135m is not in the cache; pull it first')
}

const CASES = [
  {
    language: 'javascript',
    rules: javascriptRules,
    before: 'const config = {\n  user: "admin",\n  host: "localhost",\n  password:',
  },
  {
    language: 'solidity',
    rules: solidityRules,
    before: '// Only the owner may call this: checks tx.origin.\nfunction check() public view {\n    require(',
  },
] as const

for (const { language, rules, before } of CASES) {
  it(`keeps weaknesses out of ${language}, the same with drafts as without`, async (context) => {
    const { folder, tokenizer } = await smollm2(context)
    await using model = await loadModel(folder)
    const constraint = constrain(secureCode({ language, before }), vocabulary(tokenizer))
    const prompt = tokenizer.encode(before)
    const base: DecodeOptions = {
      model,
      prompt,
      temperature: 1,
      maxTokens: 30,
      stopTokens: tokenizer.stopTokens,
      tokenBytes: (token) => tokenizer.tokenBytes(token),
    }
    const processors = [constrained(constraint, { countFrom: prompt.length })]
    const write = async (options: Partial<DecodeOptions>, seed: number) => {
      model.rewind(0)
      return generate({ ...base, ...options, seed })
    }
    const findings = (text: string): string[] =>
      reviewCode(before + text, { language, rules })
        .filter(({ line, endLine }) => endLine >= before.split('\n').length && line >= 1)
        .map(({ rule }) => rule.name)
    let free = 0
    for (let seed = 0; seed < 2; seed++) {
      const kept = await write({ processors }, seed)
      const matcher = constraint.matcher()
      expect(matcher.accepts(kept.tokenIds)).toBe(kept.tokenIds.length)
      await using drafter = withinConstraint(suffix(), constraint)
      const drafted = await write({ processors, drafter, verifier: exactMatch() }, seed)
      expect(drafted.tokenIds).toEqual(kept.tokenIds)
      free += findings((await write({}, seed)).text).length
    }
    // Left alone, the model does what its prompt asks for.
    expect(free).toBeGreaterThan(0)
  })
}

it('follows real code through a real vocabulary, and stops it where a rule breaks', async (context) => {
  const { tokenizer } = await smollm2(context)
  const words = vocabulary(tokenizer)
  const good = 'function pay(address to) external {\n    require(msg.sender == owner, "tx.origin");\n}\n'
  const solidity = constrain(secureCode({ language: 'solidity' }), words)
  const accepted = (text: string): string => {
    const tokens = tokenizer.encode(text)
    return tokenizer.decode(tokens.subarray(0, solidity.matcher().accepts(tokens)))
  }
  expect(accepted(good)).toBe(good)
  const bad = accepted('function pay(address to) external {\n    require(tx.origin == owner);\n}\n')
  expect(bad).toMatch(/require\(tx(?:\.|\.origin)?$/)
  // The mask says what single steps say, at every place of the code.
  const matcher = solidity.matcher()
  for (const token of tokenizer.encode(good)) {
    const mask = matcher.mask()
    for (let id = 0; id < words.size; id += 37) {
      expect((mask[id >> 5]! & (1 << (id & 31))) !== 0).toBe(matcher.isAllowed(id))
    }
    matcher.advance(token)
  }
})
