// Writes the corpus: `pnpm corpus --stories 2000`. It appends, and goes
// on where it stopped.
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import { plainWords } from './processors.ts'
import { storyPlan } from './story-plan.ts'
import { writeStory } from './write-story.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m' },
    stories: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: fileURLToPath(new URL('../work/corpus.jsonl', import.meta.url)) },
  },
})
const seed = Number(values.seed)
await mkdir(dirname(values.out), { recursive: true })
const written = await readFile(values.out, 'utf8').then((text) => text.split('\n').length - 1, () => 0)
const opened = await openModel(values.model)
await using model = await loadModel(opened.folder)
const words = plainWords(opened.tokenizer)
const began = performance.now()
let tokens = 0
for (let index = written; index < Number(values.stories); index++) {
  const line = await writeStory(model, opened.tokenizer, words, storyPlan(seed, index), seed + index)
  await appendFile(values.out, `${JSON.stringify(line)}\n`)
  tokens += line.tokens
  const rate = (tokens / (performance.now() - began)) * 1000
  process.stderr.write(`${index + 1}/${values.stories} stories, ${rate.toFixed(0)} tokens/s\n`)
}
