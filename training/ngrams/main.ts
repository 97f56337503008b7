// Counts what the target mostly says behind its last tokens: `pnpm ngrams work/answers.jsonl … --out FILE`. Each line of a file is
// a prompt and the text that the target wrote to it; where it was labelled, what the target found likeliest is counted.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openModel } from '@foretoken/checkpoint/node'
import { type NgramText, ngramTable } from '@foretoken/drafter-ngram'
import type { AnswerLine } from '../fastdraft/answer-line.ts'
import { readLabelled } from './labelled.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string', default: 'smollm2-135m' }, out: { type: 'string' } },
})
const { out } = values
if (out === undefined || positionals.length === 0) {
  throw new Error('Name files of answers and the file to write: pnpm ngrams work/answers.jsonl --out FILE')
}
const { tokenizer, info } = await openModel(values.model)

function textOf({ prompt, text, finished }: AnswerLine): NgramText {
  const question = tokenizer.applyChatTemplate([{ role: 'user', content: prompt }], { addGenerationPrompt: true })
  const context = tokenizer.encode(question)
  const end = finished && info.tokens.eos !== undefined ? [info.tokens.eos] : []
  return { tokens: Int32Array.of(...context, ...tokenizer.encode(text), ...end), start: context.length }
}

const texts: NgramText[] = []
for (const file of positionals) {
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  const labelled = await readLabelled(file)
  for (const text of labelled) texts.push(text)
  for (const line of lines.slice(labelled.length)) texts.push(textOf(JSON.parse(line) as AnswerLine))
}
const table = ngramTable(texts, { vocabularySize: info.architecture.vocabularySize })
const bytes = table.save()
await writeFile(out, bytes)
const counted = texts.reduce((sum, { tokens, start = 0 }) => sum + tokens.length - start, 0)
process.stderr.write(`${counted} tokens of ${texts.length} texts: ${table.contexts} contexts in ${bytes.length} bytes\n`)
