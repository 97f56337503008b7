// Lets the target answer questions: `pnpm fastdraft:write --answers 4000 --exclude questions.jsonl` appends to work/answers.jsonl, and
// goes on where it stopped. Every second question is the target's own (an empty user turn, as in Magpie), the others are framed;
// none shares eight words in a row with a line of an excluded file. Half of the answers are greedy.
import { appendFile, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { generate } from '@foretoken/core'
import { topP } from '@foretoken/sampler-top-p'
import type { AnswerLine } from './answer-line.ts'
import { framedQuestion, overlaps } from './questions.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m' },
    answers: { type: 'string', default: '4000' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    /** Files of benchmark questions, a JSON object a line; all their strings count. */
    exclude: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: fileURLToPath(new URL('../work/answers.jsonl', import.meta.url)) },
  },
})
const LONGEST_QUESTION = 96
const LONGEST_ANSWER = 256
const TEMPERATURES = [0, 0.7, 0, 1]

const seed = Number(values.seed)
const excluded = await Promise.all(values.exclude.map((file) => readFile(file, 'utf8')))
const isExcluded = overlaps(excluded.flatMap((text) => text.split('\n')))
const written = await readFile(values.out, 'utf8').then((text) => text.split('\n').length - 1, () => 0)
const { folder, tokenizer, info } = await openModel(values.model)
await using model = await loadModel(folder, { threads: Number(values.threads) })
const stopTokens = Int32Array.from(info.tokens.stopTokens)
const empty = tokenizer.applyChatTemplate([{ role: 'user', content: '' }])
const beforeQuestion = tokenizer.encode(empty.slice(0, empty.lastIndexOf('<|im_end|>')))

async function ownQuestion(index: number): Promise<string> {
  const options = { processors: [topP(0.95)], temperature: 1, seed: seed + index, maxTokens: LONGEST_QUESTION }
  const { tokenIds } = await generate({ model, prompt: beforeQuestion, stopTokens, ...options })
  return tokenizer.decode(tokenIds.filter((token) => !stopTokens.includes(token))).trim()
}

/** Question number `index`; what is empty or excluded is replaced by a framed one. */
async function question(index: number): Promise<string> {
  if (index % 2 === 0) {
    const own = await ownQuestion(index)
    if (own !== '' && !isExcluded(own)) return own
  }
  for (let attempt = 0; ; attempt++) {
    const framed = framedQuestion(seed + attempt, index)
    if (!isExcluded(framed)) return framed
  }
}

async function answer(prompt: string, index: number): Promise<AnswerLine> {
  const asked = tokenizer.applyChatTemplate([{ role: 'user', content: prompt }], { addGenerationPrompt: true })
  const temperature = TEMPERATURES[Math.floor(index / 2) % TEMPERATURES.length]!
  const options = { temperature, stopTokens, seed: seed + index, maxTokens: LONGEST_ANSWER }
  const { tokenIds, finishReason } = await generate({ model, prompt: tokenizer.encode(asked), ...options })
  const text = tokenizer.decode(tokenIds.filter((token) => !stopTokens.includes(token)))
  return { prompt, temperature, finished: finishReason === 'stop', tokens: tokenIds.length, text }
}

const began = performance.now()
let tokens = 0
for (let index = written; index < Number(values.answers); index++) {
  const line = await answer(await question(index), index)
  await appendFile(values.out, `${JSON.stringify(line)}\n`)
  tokens += line.tokens
  process.stderr.write(`${index + 1}/${values.answers} answers, ${((tokens / (performance.now() - began)) * 1000).toFixed(0)} tokens/s\n`)
}
